module pratique/recorder

go 1.19

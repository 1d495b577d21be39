started <- proc.time()[["elapsed"]]
try(readLines(url("https://r.example.org/models/r.csv")))
cat("seconds", proc.time()[["elapsed"]] - started, "\n")

package observer

const sysStatAt = 79 // newfstatat

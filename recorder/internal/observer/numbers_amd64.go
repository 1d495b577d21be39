package observer

const sysStatAt = 262 // newfstatat

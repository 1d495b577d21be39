package input

const sysMemfdCreate = 319

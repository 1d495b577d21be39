package input

const sysMemfdCreate = 279

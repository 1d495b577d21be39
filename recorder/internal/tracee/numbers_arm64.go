package tracee

const sysProcessVMReadv = 270

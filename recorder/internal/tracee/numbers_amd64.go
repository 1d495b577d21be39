package tracee

const sysProcessVMReadv = 310

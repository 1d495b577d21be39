/** The folder that reports go to unless another is named. */
export const DEFAULT_OUTPUT = ".pratique";

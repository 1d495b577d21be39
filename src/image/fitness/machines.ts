/** Whether a machine runs what is made for an architecture: its own, or the 32-bit one of its family. */
export const sameMachine = (architecture: string, machine: string): boolean =>
  architecture === machine ||
  (machine === "amd64" && architecture === "386") ||
  (machine === "arm64" && architecture === "arm");

export { isSource, scanSource } from "./scan.ts";
export { scanText } from "./scan-text.ts";

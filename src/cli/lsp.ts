/** `pratique lsp`: stays until the editor goes; the connection ends the process with the right code. */
export async function languageServer(): Promise<number> {
  const { serve } = await import("../lsp/server.ts");
  serve();
  return new Promise<number>(() => {});
}

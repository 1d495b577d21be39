import { createHash } from "node:crypto";
import { createServer } from "node:http";
import { hub } from "../../tools/setup/languages.mjs";

/** A model that is no more than a tokenizer of a few words. */
export const TINY_MODEL = "lab/tiny-words";

const WORDS = ["[UNK]", "the", "patient", "was", "seen", "in", "clinic"];
const FILES: Readonly<Record<string, string>> = {
  "config.json": JSON.stringify({ model_type: "bert" }),
  "tokenizer_config.json": JSON.stringify({
    tokenizer_class: "PreTrainedTokenizerFast",
    unk_token: "[UNK]",
  }),
  "tokenizer.json": JSON.stringify({
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: { type: "Lowercase" },
    pre_tokenizer: { type: "Whitespace" },
    post_processor: null,
    decoder: null,
    model: {
      type: "WordLevel",
      vocab: Object.fromEntries(WORDS.map((word, index) => [word, index])),
      unk_token: "[UNK]",
    },
  }),
};

const sha1 = (text: string): string => createHash("sha1").update(text).digest("hex");
const COMMIT = sha1(JSON.stringify(FILES));

/**
 * Serves one model as Hugging Face's hub does, at the address that the base image asks: what the repository has, and its
 * files.
 */
export async function serveModel(): Promise<{ stop(): Promise<void> }> {
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? "").replace(/\?.*/, ""));
    const file = path.match(new RegExp(`^/${TINY_MODEL}/resolve/[^/]+/(.+)$`))?.[1];
    const text =
      file !== undefined
        ? FILES[file]
        : path.startsWith(`/api/models/${TINY_MODEL}/tree/`)
          ? JSON.stringify(
              Object.entries(FILES).map(([name, content]) => ({
                type: "file",
                path: name,
                oid: sha1(content),
                size: content.length,
              })),
            )
          : path.startsWith(`/api/models/${TINY_MODEL}`)
            ? JSON.stringify({
                id: TINY_MODEL,
                sha: COMMIT,
                siblings: Object.keys(FILES).map((rfilename) => ({ rfilename })),
              })
            : undefined;
    if (text === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      "content-type": file === undefined ? "application/json" : "application/octet-stream",
      "content-length": Buffer.byteLength(text),
      etag: `"${sha1(text)}"`,
      "x-repo-commit": COMMIT,
    });
    response.end(request.method === "HEAD" ? undefined : text);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(hub.port, hub.host, resolve);
  });
  return {
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

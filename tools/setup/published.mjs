// @ts-check
/** What docker.io has: the digests of the published base images. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { rootCertificates } from "node:tls";
import { recipes } from "./recipes.mjs";

/** @typedef {import('./recipes.mjs').Recipe} Recipe */

/** @returns {Promise<Record<string, string> | undefined>} the published images, or undefined when docker.io does not answer */
export async function publishedReferences() {
  /** @type {Record<string, string>} */ const references = {};
  for (const recipe of recipes) {
    const digest = await publishedDigest(recipe, Date.now() + 5000).catch(() => undefined);
    if (!digest) return undefined;
    references[recipe.arg] = `docker.io/${recipe.repository}:${recipe.tag}@${digest}`;
  }
  return references;
}

/** @param {Recipe} recipe @param {number} deadline @returns {Promise<string | undefined>} */
async function publishedDigest(recipe, deadline) {
  const url = `https://registry-1.docker.io/v2/${recipe.repository}/manifests/${recipe.tag}`;
  const accept = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
  ].join(", ");
  let answer = await httpsGet(url, { accept }, deadline);
  if (answer.status === 401) {
    const challenge = String(answer.headers["www-authenticate"] ?? "");
    const field = (/** @type {string} */ name) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? "";
    const token = await httpsGet(
      `${field("realm")}?service=${encodeURIComponent(field("service"))}&scope=${encodeURIComponent(`repository:${recipe.repository}:pull`)}`,
      {},
      deadline,
    );
    const bearer = JSON.parse(token.body.toString("utf8")).token;
    answer = await httpsGet(url, { accept, authorization: `Bearer ${bearer}` }, deadline);
  }
  if (answer.status !== 200) return undefined;
  const manifest = JSON.parse(answer.body.toString("utf8"));
  const platforms = /** @type {{ platform?: { os?: string, architecture?: string } }[] | undefined} */ (
    manifest.manifests
  );
  if (
    platforms &&
    !platforms.some((entry) => entry.platform?.os === "linux" && entry.platform.architecture === "amd64")
  )
    return undefined;
  return `sha256:${createHash("sha256").update(answer.body).digest("hex")}`;
}

/**
 * @param {string} url
 * @param {Record<string, string>} headers
 * @param {number} deadline
 * @returns {Promise<{ status: number, headers: import('node:http').IncomingHttpHeaders, body: Buffer }>}
 */
function httpsGet(url, headers, deadline) {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(Math.max(1, deadline - Date.now()));
    const call = request(url, { headers, signal, ca: trusted() }, (response) => {
      /** @type {Buffer[]} */ const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
      );
    });
    call.on("error", reject);
    call.end();
  });
}

/** @returns {string[]} Node's authorities and this machine's */
function trusted() {
  try {
    return [...rootCertificates, readFileSync("/etc/ssl/certs/ca-certificates.crt", "utf8")];
  } catch {
    return [...rootCertificates];
  }
}

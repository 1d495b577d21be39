import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Contact } from "../run/contacts.ts";
import { askedFor, fetchLines, hubItems } from "./contacts.ts";

const process = { pid: 7, command: "python fit.py", executable: "/usr/bin/python3" };
const contact = (differences: Partial<Contact> = {}): Contact => ({
  host: "huggingface.co",
  address: null,
  port: 443,
  protocol: "tcp",
  kind: "tls",
  serverName: "huggingface.co",
  request: null,
  process,
  count: 1,
  firstAt: 0,
  ...differences,
});
const get = (path: string, differences: Partial<Contact> = {}): Contact =>
  contact({
    request: { method: "GET", host: differences.host ?? "huggingface.co", path, query: false },
    ...differences,
  });

describe("what was asked for", () => {
  it("is said with whole addresses, each once, and the first two", () => {
    const one = get("/bert/resolve/main/config.json");
    expect(askedFor([one, one])).toBe(" It asked for https://huggingface.co/bert/resolve/main/config.json.");
    expect(askedFor([get("/a"), get("/b"), get("/c"), get("/d")])).toBe(
      " It asked for https://huggingface.co/a and https://huggingface.co/b and 2 more.",
    );
    const proxy = get("/x.csv", { kind: "http", port: 8080, host: "2001:db8::1" });
    expect(askedFor([proxy])).toBe(" It asked for http://[2001:db8::1]:8080/x.csv.");
  });

  it("is said by the protocol where no request could be read, and not at all where nothing is known", () => {
    expect(askedFor([contact({ kind: "postgres", port: 5432 })])).toBe(" It wanted PostgreSQL at port 5432.");
    expect(askedFor([contact()])).toBe(" It wanted TLS at port 443.");
    expect(askedFor([contact({ kind: "silent" }), contact({ kind: "constructor" })])).toBe("");
    expect(askedFor([])).toBe("");
  });

  it("shows that there was a query, which is not kept", () => {
    const request = { method: "GET", host: "h.example", path: "/x", query: true };
    expect(askedFor([contact({ request })])).toContain("https://h.example/x?…");
    expect(fetchLines([contact({ request: { ...request, path: "/x.csv" } })])).toEqual([]);
  });
});

describe("models and data sets", () => {
  it.each([
    ["/bert-base-uncased/resolve/main/config.json", "model", "bert-base-uncased"],
    ["/google/flan-t5-small/resolve/main/model.safetensors", "model", "google/flan-t5-small"],
    ["/api/models/google/flan-t5-small/revision/main", "model", "google/flan-t5-small"],
    ["/api/models/bert-base-uncased", "model", "bert-base-uncased"],
    ["/api/models/google/flan-t5-small/tree/main/additional", "model", "google/flan-t5-small"],
    ["/datasets/rajpurkar/squad/resolve/main/README.md", "dataset", "rajpurkar/squad"],
    ["/api/datasets/imdb", "dataset", "imdb"],
  ])("are read from %s", (path, kind, name) => {
    expect(hubItems([get(path)])).toEqual([{ kind, name }]);
  });

  it.each([
    "/",
    "/api/whoami-v2",
    "/spaces/a/b/resolve/main/x",
    "/a/b",
    "/api/models/$(reboot)",
    "/-x/resolve/a",
  ])("are not read from %s", (path) => {
    expect(hubItems([get(path)])).toEqual([]);
  });

  it("are the Hub's alone", () => {
    expect(hubItems([get("/bert/resolve/main/x", { host: "example.org", serverName: null })])).toEqual([]);
  });
});

describe("lines to paste", () => {
  it("fetch the very file", () => {
    expect(fetchLines([get("/data/x.csv", { kind: "http", port: 80, host: "example.org" })])).toEqual([
      "RUN mkdir -p /opt/data && curl -fsSL -o /opt/data/x.csv http://example.org/data/x.csv",
    ]);
  });

  it("are safe in a shell, whatever was asked for", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (host, path) => {
        for (const line of fetchLines([get(`/${path}.csv`, { host })]))
          expect(line).toMatch(/^[\w.:/+%@~,=& -]+$/);
        for (const { name } of hubItems([get(`/${path}/resolve/main/x`)])) expect(name).toMatch(/^[\w./-]+$/);
      }),
    );
  });
});

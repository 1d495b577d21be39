import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PratiqueError } from "../errors.ts";
import { readImageConfig, readRepositoryDigests } from "./image-json.ts";

const ID = `sha256:${"a".repeat(64)}`;

describe("readImageConfig", () => {
  it("reads Podman's answer", () => {
    const config = readImageConfig(
      [
        {
          Id: "a".repeat(64),
          Digest: `sha256:${"b".repeat(64)}`,
          Os: "linux",
          Architecture: "amd64",
          Size: 12,
          RootFS: { Layers: ["1", "2"] },
          Config: {
            User: "app",
            Env: ["A=1"],
            Cmd: ["x"],
            ExposedPorts: { "80/tcp": {} },
            Labels: { a: "b" },
          },
        },
      ],
      "mine:1",
    );
    expect(config).toMatchObject({
      id: ID,
      digest: `sha256:${"b".repeat(64)}`,
      layers: 2,
      user: "app",
      environment: ["A=1"],
      command: ["x"],
      entrypoint: [],
      exposedPorts: ["80/tcp"],
      labels: { a: "b" },
      created: undefined,
    });
  });

  it("reads Docker's answer, where what is not set is null", () => {
    const config = readImageConfig(
      [{ Id: ID, RepoDigests: ["mine@sha256:1"], Config: { Entrypoint: null, Cmd: null, Labels: null } }],
      "mine:1",
    );
    expect(config).toMatchObject({ id: ID, digest: "sha256:1", entrypoint: [], command: [], labels: {} });
  });

  it("takes any JSON: a configuration or a coded error", () => {
    const names = fc.constantFrom(
      "Id",
      "Config",
      "Env",
      "Labels",
      "RootFS",
      "Layers",
      "Size",
      "RepoDigests",
      "toString",
      "__proto__",
      "Cmd",
      "ExposedPorts",
    );
    const { tree } = fc.letrec<{ tree: unknown; object: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: "small" },
        fc.string(),
        fc.integer(),
        fc.constant(null),
        fc.constant(ID),
        tie("object"),
        fc.array(tie("tree"), { maxLength: 3 }),
      ),
      object: fc.dictionary(names, tie("tree"), { maxKeys: 6 }),
    }));
    const image = fc.oneof(
      tree,
      fc.tuple(fc.dictionary(names, tree, { maxKeys: 8 })),
      fc.dictionary(names, tree).map((rest) => [{ ...rest, Id: ID, Config: rest }]),
    );
    fc.assert(
      fc.property(image, fc.string(), (value, reference) => {
        try {
          const config = readImageConfig(JSON.parse(JSON.stringify(value)), reference);
          expect(config.id).toMatch(/^sha256:/);
          for (const list of [config.command, config.entrypoint, config.environment])
            for (const word of list) expect(typeof word).toBe("string");
          for (const label of Object.values(config.labels)) expect(typeof label).toBe("string");
        } catch (error) {
          expect(error).toBeInstanceOf(PratiqueError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("readRepositoryDigests", () => {
  const json = [{ RepoDigests: ["docker.io/library/python@sha256:1", "localhost:5000/python@sha256:2"] }];
  it.each([
    ["localhost:5000/python:3.12", "sha256:2"],
    ["localhost:5000/python", "sha256:2"],
    ["python:3.12", "sha256:1"],
    ["python@sha256:9", "sha256:9"],
  ])("%s is known as %s", (reference, wanted) => expect(readRepositoryDigests(json, reference)).toBe(wanted));

  it("knows none where the engine knows none", () => {
    expect(readRepositoryDigests([{}], "x")).toBeUndefined();
    expect(readRepositoryDigests(null, "x")).toBeUndefined();
  });
});

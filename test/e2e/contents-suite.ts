import { execFileSync } from "node:child_process";
import { afterAll, describe, expect, it } from "vitest";
import type { EngineName } from "../../src/engine/engine.ts";
import { base, pratique, project } from "./support.ts";

const REVISION = "0123456789abcdef0123456789abcdef01234567";
/** Opens nothing; put together here, so that no scanner stops at this file. */
const TOKEN = `hf_${"aBcDeFgHiJ".repeat(4).slice(0, 34)}`;

/** What lies in images that an engine built: secrets, data and models. */
export function defineContentsSuite(engine: EngineName): void {
  describe(`what lies in an image, with ${engine}`, () => {
    const repository = "/opt/hf/hub/models--lab--tiny";
    const made = project({
      Dockerfile: [
        `FROM ${base("PYTHON_BASE")}`,
        "COPY token.txt cohort.csv /opt/app/",
        "RUN rm /opt/app/token.txt",
        `RUN mkdir -p ${repository}/blobs ${repository}/refs ${repository}/snapshots/${REVISION} \\`,
        `  && printf ${REVISION} > ${repository}/refs/main \\`,
        `  && ln -s ../../blobs/gone ${repository}/snapshots/${REVISION}/model.safetensors`,
        "COPY train.py /opt/app/",
        'CMD ["python3", "/opt/app/train.py"]',
        "",
      ].join("\n"),
      "token.txt": `${TOKEN}\n`,
      "cohort.csv": `id,age\n${"1,70\n".repeat(400)}`,
      "train.py": 'from transformers import AutoModel\n\nmodel = AutoModel.from_pretrained("lab/other")\n',
    });
    let built: string | undefined;
    afterAll(() => {
      made.dispose();
      if (built !== undefined) execFileSync(engine, ["rmi", built], { stdio: "ignore" });
    });

    it("is told from a project, beside what its files say", async () => {
      const { report, stdout, stderr } = await pratique([
        "inspect",
        made.folder,
        "--engine",
        engine,
        "--output",
        made.output,
        "--format",
        "json",
      ]);
      built = report.image?.id;
      const found = (rule: string) => report.findings.filter((finding) => finding.rule === rule);
      const [secret] = found("secret-in-image");
      expect(secret?.message).toMatch(
        /^\/opt\/app\/token\.txt \(line 1\) holds a Hugging Face token in layer \d+ \(COPY .*\)\. That layer \d+ \(RUN rm .*takes the file away does not help/,
      );
      expect(found("data-in-image")[0]?.message).toMatch(
        /brings data: 1 file, .*\/opt\/app\/cohort\.csv, CSV/,
      );
      expect(found("model-cache-incomplete")[0]?.message).toContain("has lab/tiny, but a file is not there");
      expect(found("model-cache-not-found")[0]?.fix).toContain("ENV HF_HOME=/opt/hf");
      expect(found("model-not-in-image")[0]).toMatchObject({ location: { file: "train.py", startLine: 3 } });
      expect(report.contents?.secrets).toMatchObject([
        { kind: "Hugging Face token", path: "/opt/app/token.txt" },
      ]);
      expect(report.contents?.secrets[0]?.removedIn).toBe((report.contents?.secrets[0]?.layer ?? 0) + 1);
      expect(report.contents?.data).toMatchObject([
        { path: "/opt/app/cohort.csv", format: "CSV", certain: true },
      ]);
      expect(report.contents?.caches).toMatchObject([
        { kind: "Hugging Face", path: "/opt/hf/hub", items: [{ name: "lab/tiny", revisions: [REVISION] }] },
      ]);
      expect(stdout + stderr).not.toContain(TOKEN);
    });

    it("is nothing in a base that has only software", async () => {
      const { report } = await pratique([
        "inspect",
        base("R_BASE"),
        "--engine",
        engine,
        "--output",
        made.output,
        "--format",
        "json",
      ]);
      expect(report.contents).toMatchObject({ secrets: [], data: [], caches: [], notAssessed: [] });
    });
  });
}

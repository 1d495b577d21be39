import { describe, expect, it } from "vitest";
import { installOf, packageName } from "./packages.ts";
import { installLine } from "./runs.ts";
import { hideSecrets, isSecretName, isSecretValue } from "./secrets.ts";

describe("installOf", () => {
  it.each([
    ["pip install numpy", "pip"],
    ["pip3.12 --no-cache-dir install -r requirements.txt numpy", "pip"],
    ["python3 -m pip install numpy", "pip"],
    ["/usr/bin/python3 -I /usr/local/bin/pip install numpy", "pip"],
    ["uv pip install numpy", "uv"],
    ["uv sync --frozen", "uv"],
    ["micromamba create -y -n job numpy", "conda"],
    ["conda env update -f e.yml", "conda"],
    ["apt-get -qq -y install git", "apt"],
    ["apk add --no-cache git", "apk"],
    ["zypper --non-interactive in git", "zypper"],
    ["node /usr/lib/node_modules/npm/bin/npm-cli.js ci", "npm"],
    ["sh /usr/lib/R/bin/R CMD INSTALL x.tar.gz", "R"],
    ["/usr/lib/R/bin/exec/R --no-echo -e remotes::install_github('a/b')", "R"],
    ['julia -e using~Pkg;Pkg.add("CSV")', "julia"],
  ])("%s", (line, manager) => {
    expect(installOf(line.split(" "))?.manager).toBe(manager);
  });

  it.each([
    "pip list",
    "pip download numpy",
    "python install.py",
    "python -m pipeline install",
    "apt-get update",
    "conda run -n job python main.py",
    "conda activate job",
    "Rscript fit.R",
    "julia main.jl",
    "uv run main.py",
    "install -d /opt",
    "cat pip install",
    "",
  ])("is not fooled by “%s”", (line) => {
    expect(installOf(line.split(" "))).toBeUndefined();
  });

  it("names what is installed, without the values of options", () => {
    expect(installOf("apt-get install -y -t stable git=1:2.3 curl".split(" "))?.packages).toEqual([
      "git=1:2.3",
      "curl",
    ]);
    expect(["git=1:2.3", "numpy[all]>=1", "Torch==2", '"pandas<3"'].map(packageName)).toEqual([
      "git",
      "numpy",
      "torch",
      "pandas",
    ]);
  });
});

describe("installLine", () => {
  it("looks into a shell's command, and only there", () => {
    expect(installLine("sh -c cd /opt && pip install numpy")?.manager).toBe("pip");
    expect(installLine("/bin/bash -lc exec apt-get install -y git")?.manager).toBe("apt");
    expect(installLine("grep -c pip install")).toBeUndefined();
    expect(installLine("sh /opt/start.sh")).toBeUndefined();
  });

  it("reads R's way of writing blanks", () => {
    expect(installLine("/usr/lib/R/bin/exec/R -e x~+~<-~+~1;install.packages('survival')")?.manager).toBe(
      "R",
    );
  });
});

describe("secrets", () => {
  it.each(["PASSWORD", "HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "api_key", "GITHUB_PAT", "DB_PASS"])(
    "%s is the name of one",
    (name) => {
      expect(isSecretName(name)).toBe(true);
    },
  );

  it.each([
    "PATH",
    "TOKENIZERS_PARALLELISM",
    "MAX_TOKENS",
    "PGPASSFILE",
    "DB_PASSWORD_FILE",
    "TOKEN_URL",
    "COMPASS",
    "KEYBOARD",
    "PATTERN",
    "GPG_KEY",
  ])("%s is not", (name) => {
    expect(isSecretName(name)).toBe(false);
  });

  it("knows a value from a switch or a path", () => {
    expect(["abc", "hunter2", "a b"].every(isSecretValue)).toBe(true);
    expect(["", " ", "/run/secrets/x", "true", "None", "512"].some(isSecretValue)).toBe(false);
  });

  it.each([
    ["ENV A=1 HF_TOKEN=abc B=2", "ENV A=1 HF_TOKEN=(hidden) B=2"],
    ["ENV PASSWORD my secret", "ENV PASSWORD (hidden)"],
    ['ARG API_KEY="a b" X=1', "ARG API_KEY=(hidden) X=1"],
    ["pip install git+https://me:tok@host/x", "pip install git+https://(hidden)@host/x"],
    ["RUN echo 'me:pw' | chpasswd", "RUN echo 'me:(hidden)' | chpasswd"],
    ["ENV PATH=/opt/bin TOKEN_FILE=/run/x", "ENV PATH=/opt/bin TOKEN_FILE=/run/x"],
  ])("hides it in “%s”", (line, shown) => {
    expect(hideSecrets(line)).toBe(shown);
  });
});

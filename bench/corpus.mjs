// Dockerfiles as research projects have them, made from a seed: the same number always gives the same text.

/** @param {number} seed */
function randomFrom(seed) {
  let state = seed * 2654435761 + 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

const BASES = [
  "docker.io/library/python:3.12-slim",
  "python:3.11",
  "docker.io/pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime",
  "rocker/r-ver:4.4.1",
  "docker.io/library/julia:1.11",
  "nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04",
  "ubuntu:22.04",
  "docker.io/condaforge/miniforge3:24.9.2-0",
];
const PACKAGES =
  "git curl build-essential libgomp1 libxml2-dev libssl-dev cmake ca-certificates wget unzip".split(" ");
const MODULES = "numpy pandas scikit-learn torch transformers matplotlib nltk spacy lifelines pyarrow".split(
  " ",
);

/** A Dockerfile of some twenty to forty lines. @param {number} seed */
export function dockerfile(seed) {
  const random = randomFrom(seed + 1);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const some = (list, most) => list.filter(() => random() < most / list.length);
  const base = pick(BASES);
  const lines = ["# syntax=docker/dockerfile:1", `ARG VERSION=1.${seed % 10}`];
  if (random() < 0.4) {
    lines.push(
      `FROM ${pick(BASES)} AS builder`,
      "WORKDIR /build",
      "COPY setup.py pyproject.toml ./",
      "RUN pip wheel --no-deps -w /wheels . \\",
      "    && ls -l /wheels",
      "",
    );
  }
  lines.push(
    `FROM ${base}${random() < 0.5 ? `@sha256:${String(seed).padStart(64, "0")}` : ""}`,
    'LABEL org.opencontainers.image.title="study" \\',
    `      org.opencontainers.image.version="\${VERSION}"`,
    "# The folders that the place mounts",
    random() < 0.7 ? "RUN mkdir -p /safe_data /safe_outputs /scratch" : "RUN mkdir /results",
    "ENV DEBIAN_FRONTEND=noninteractive \\",
    "    PYTHONUNBUFFERED=1 \\",
    "    TMPDIR=/scratch",
    "RUN apt-get update \\",
    `    && apt-get install -y ${random() < 0.5 ? "--no-install-recommends " : ""}\\`,
    ...some(PACKAGES, 5).map((name) => `        ${name} \\`),
    "    && apt-get clean \\",
    "    && rm -rf /var/lib/apt/lists/*",
    "WORKDIR /opt/study",
    "COPY requirements.txt ./",
    `RUN pip install ${random() < 0.5 ? "--no-cache-dir " : ""}-r requirements.txt`,
    `RUN pip install ${some(MODULES, 4)
      .map((name) => `${name}==1.${seed % 20}`)
      .join(" ")} pip`,
  );
  if (random() < 0.3)
    lines.push(
      "RUN curl -fsSL https://example.org/tool.tar.gz | tar -xz -C /opt \\",
      "    && cd /opt/tool && make install",
    );
  if (random() < 0.3) lines.push(`RUN R -e "install.packages(c('survival', 'data.table'))"`);
  lines.push("COPY src/ ./src/", "COPY run.sh /usr/local/bin/run", "RUN chmod 0755 /usr/local/bin/run");
  if (random() < 0.5)
    lines.push(
      "RUN groupadd --system nonroot && useradd --no-log-init --system --gid nonroot nonroot",
      "USER nonroot",
    );
  lines.push(random() < 0.5 ? 'ENTRYPOINT ["python3", "src/fit.py"]' : "CMD python3 src/fit.py --all", "");
  return lines.join("\n");
}

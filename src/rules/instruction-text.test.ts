import { describe, expect, it } from "vitest";
import { instructionText } from "./instruction-text.ts";

describe("instructionText", () => {
  it.each([
    ["/bin/sh -c #(nop) COPY dir:2e8f in /opt/app ", "COPY dir:2e8f in /opt/app"],
    ["/bin/sh -c pip install  \t pandas", "RUN pip install pandas"],
    ["RUN /bin/sh -c pip install pandas # buildkit", "RUN pip install pandas"],
    ["RUN |1 VERSION=1 /bin/sh -c pip install pandas # buildkit", "RUN pip install pandas"],
    ["|2 TOKEN=s3cret B=a b /bin/sh -c pip install pandas", "RUN pip install pandas"],
    ["COPY . /app # buildkit", "COPY . /app"],
    ["mmdebstrap --variant=minbase bookworm", "mmdebstrap --variant=minbase bookworm"],
    ["/bin/sh -c API_TOKEN=s3cret ./fetch", "RUN API_TOKEN=(hidden) ./fetch"],
    ["/bin/sh -c pip install -i https://me:s3cret@host/ a", "RUN pip install -i https://(hidden)@host/ a"],
    ["a\u001b[2Jb", "a [2Jb"],
  ])("shows %s as it is written in a Dockerfile, without secrets", (written, wanted) => {
    expect(instructionText(written)).toBe(wanted);
  });
});

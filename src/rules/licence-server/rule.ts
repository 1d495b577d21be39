import type { Range } from "../../dockerfile/model.ts";
import { oncePerCommand, shellCommands } from "../../dockerfile/shell.ts";
import { assignments } from "../../dockerfile/variables.ts";
import { namedBase } from "../base-image.ts";
import { at, expandKnown, finalBase, finalSteps, fixOf, type Step } from "../helpers.ts";
import { type DockerfileFacts, defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "licence-server",
  title: "The program asks a licence server",
  category: "offline",
  needs: "dockerfile",
  severity: "error",
  requirements: ["IMG-13"],
  why: "No licence server can be reached from inside the Safe Haven. A program that asks for its licence over the network stops after a long wait.",
  fix: "Copy a licence file that works without a server into the image, and point the variable at it.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "a FlexLM server",
        dockerfile: "FROM mathworks/matlab:r2024b\nENV MLM_LICENSE_FILE=27000@licences.example.ac.uk\n",
        lines: [2],
      },
      {
        title: "exported in a RUN",
        dockerfile: "FROM python:3.12\nRUN export LM_LICENSE_FILE=1055@lic1:1055@lic2 && ./install\n",
        lines: [2],
      },
      {
        title: "as a build argument",
        dockerfile: "FROM python:3.12\nARG SERVER=5053@rlm\nENV RLM_LICENSE=$SERVER\n",
        lines: [3],
      },
      {
        title: "a base that asks for a licence, and none is given",
        dockerfile: "FROM mathworks/matlab:r2024b\nCOPY fit.m /opt/\n",
        lines: [1],
      },
    ],
    good: [
      {
        title: "a licence file for a base that asks for one",
        dockerfile:
          "FROM mathworks/matlab:r2024b\nCOPY network.lic /licenses/license.lic\nENV MLM_LICENSE_FILE=/licenses/license.lic\n",
      },
      {
        title: "a run-time without a licence",
        dockerfile: "FROM containers.mathworks.com/matlab-runtime:r2024b\nRUN true\n",
      },
      {
        title: "a licence file",
        dockerfile:
          "FROM python:3.12\nCOPY gurobi.lic /opt/gurobi/\nENV GRB_LICENSE_FILE=/opt/gurobi/gurobi.lic\n",
      },
      {
        title: "an address that is no server",
        dockerfile: "FROM python:3.12\nENV CONTACT=team@example.org\nENV PACKAGE=left-pad@1.0.0\n",
      },
    ],
  },
  *check(facts) {
    const start = finalBase(facts);
    const licence = namedBase(start?.base ?? "").known?.licence;
    if (start !== undefined && licence !== undefined && !givesLicence(facts)) {
      yield {
        severity: "info",
        message: licence,
        fix: fixOf("Copy the licence file into the image.", "COPY licence.lic /opt/licences/licence.lic"),
        ...at(facts.dockerfile, start.stage.from.range),
      };
    }
    for (const step of finalSteps(facts)) {
      const seen = new Set<string>();
      for (const { name, value, range } of settings(step)) {
        const server = licenceServer(name, value);
        if (server === undefined || seen.has(name)) continue;
        seen.add(name);
        yield {
          message: `${name} points to the licence server ${server}, which cannot be reached from inside the Safe Haven.`,
          fix: fixOf(
            "Use a licence file that is part of the image.",
            "COPY licence.lic /opt/licences/licence.lic",
            `ENV ${name}=/opt/licences/licence.lic`,
          ),
          ...at(facts.dockerfile, range),
        };
      }
    }
  },
});

/** A variable that names a licence, or a licence file that is copied. */
function givesLicence(facts: DockerfileFacts): boolean {
  return finalSteps(facts).some((step) =>
    step.instruction.keyword === "COPY" || step.instruction.keyword === "ADD"
      ? /licen[cs]e|\.lic\b/i.test(step.instruction.text.slice(0, 5000))
      : settings(step).some(({ name }) => LICENCE_NAME.test(name)),
  );
}

interface Setting {
  readonly name: string;
  readonly value: string;
  readonly range: Range;
}

function settings(step: Step): Setting[] {
  const { instruction } = step;
  if (instruction.keyword === "ENV") {
    return assignments(instruction).map(({ name, value, word }) => ({
      name,
      value: expandKnown(value ?? "", step.variables),
      range: word.range,
    }));
  }
  if (instruction.keyword === "ARG") {
    return assignments(instruction)
      .filter(({ name }) => LICENCE_NAME.test(name))
      .map(({ name, value, word }) => ({ name, value: value ?? "", range: word.range }));
  }
  if (instruction.keyword !== "RUN") return [];
  return shellCommands(instruction).flatMap((command) =>
    !sets(command.parsed)
      ? []
      : [
          ...[...command.assignments].map(([name, value]) => ({
            name,
            value: expandKnown(value, step.variables),
            range: command.range,
          })),
          ...(command.name === "export"
            ? command.args.flatMap(({ value, range }) => {
                const equals = value.indexOf("=");
                return equals < 0
                  ? []
                  : [
                      {
                        name: value.slice(0, equals),
                        value: expandKnown(value.slice(equals + 1), step.variables),
                        range,
                      },
                    ];
              })
            : []),
        ],
  );
}

const sets = oncePerCommand(({ name, assignments }) => name === "export" || assignments.size > 0);

const LICENCE_NAME = /LICEN[CS]E|^(?:LM|RLM|SLM)_|_LM_|LSHOST/i;

function licenceServer(name: string, value: string): string | undefined {
  const match = /(?:^|[:;,\s])(\d{2,5}@[A-Za-z0-9][\w.-]*)/.exec(value.slice(0, 2000));
  if (match?.[1] !== undefined) return match[1];
  if (LICENCE_NAME.test(name) && /^@?[A-Za-z][\w.-]*@[\w.-]+$|^@[A-Za-z][\w.-]+$/.test(value)) return value;
  return undefined;
}

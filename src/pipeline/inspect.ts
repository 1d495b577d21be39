import type { Engine } from "../engine/engine.ts";
import { PratiqueError } from "../errors.ts";
import { plural, sizeOf } from "../findings/counting.ts";
import type { ImageFacts } from "../image/facts.ts";
import type { ImageSource } from "../image/image.ts";
import type { InspectOptions } from "../image/inspect.ts";
import { jobUser, safeDirectories } from "../profiles/profile.ts";
import { fitnessSummary } from "./fitness.ts";
import { inventorySummary } from "./inventory.ts";
import { judge, type StepContext } from "./judge.ts";

/** An image that the engine has, or one that is read from elsewhere. */
export type InspectTarget =
  | { readonly engine: Engine; readonly id: string }
  | { readonly source: ImageSource };

/** Reads the image and lets the rules judge it. */
export async function inspect(
  target: InspectTarget,
  named: string,
  context: StepContext,
): Promise<{ facts: ImageFacts; detail: string; findings: number }> {
  const [{ inspectImage, inspectSource }, { collectInventory }] = await Promise.all([
    import("../image/inspect.ts"),
    import("../image/inventory/inventory.ts"),
  ]);
  const { collector, profile, signal } = context;
  const [os = "linux", architecture = "amd64"] = profile.platform.value.split("/");
  const software = collectInventory();
  const options: InspectOptions = {
    directories: safeDirectories(profile),
    user: jobUser(profile),
    platform: { os, architecture },
    verify: context.verify ?? true,
    collectors: [software],
    signal,
  };
  const { facts: read, image } =
    "source" in target
      ? await inspectSource(target.source, named, options)
      : await inspectImage(target.engine, target.id, options);
  const facts: ImageFacts = { ...read, reference: named };
  collector.useImage(facts);
  if (facts.treeProblem !== undefined)
    collector.note(`The files in the image were not looked at: ${facts.treeProblem}.`);
  if (image?.digests.verified === false)
    collector.note(`The image was not compared with its digests: ${image.digests.reason}.`);
  if (image !== undefined && image.otherPlatforms.length > 0)
    collector.note(
      `There are images for other platforms too, which were not looked at: ${image.otherPlatforms.join(", ")}.`,
    );
  if (image !== undefined) {
    const inventory = software.inventory(image);
    collector.inventory = inventorySummary(inventory, image.layers);
    if (inventory.notAssessed.length > 0)
      collector.note(`Not in the list of packages: ${inventory.notAssessed.join("; ")}.`);
  }
  if (facts.fitness !== undefined) {
    collector.fitness = fitnessSummary(facts.fitness);
    const { notAssessed } = facts.fitness;
    if (notAssessed.length > 0)
      collector.note(`Of what the image starts, this was not followed: ${notAssessed.join("; ")}.`);
  }
  const findings = collector.judge(await judge("image", facts, context));
  const packages =
    collector.inventory === undefined
      ? "files not read"
      : plural(collector.inventory.packages.length, "package");
  return { facts, detail: `${packages}, ${plural(facts.layers, "layer")}, ${sizeOf(facts.size)}`, findings };
}

/** Only an engine runs an image. */
export const notInEngine = (target: string): PratiqueError =>
  new PratiqueError("usage.bad-argument", `${target} is not in an engine, so it cannot be run.`, {
    hint: "Load it first (podman load -i image.tar, docker load -i image.tar) and name the image that it says.",
  });

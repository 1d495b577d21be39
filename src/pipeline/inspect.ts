import type { Engine } from "../engine/engine.ts";
import { PratiqueError } from "../errors.ts";
import { plural, sizeOf } from "../findings/counting.ts";
import type { AskedFor } from "../image/contents.ts";
import type { ImageFacts } from "../image/facts.ts";
import type { ImageSource } from "../image/image.ts";
import type { InspectOptions } from "../image/inspect.ts";
import type { BaseImage } from "../image/layers/base.ts";
import { jobUser, safeDirectories } from "../profiles/profile.ts";
import { fitnessSummary } from "./fitness.ts";
import { platformOf } from "./images.ts";
import { inventorySummary } from "./inventory.ts";
import { judge, type StepContext } from "./judge.ts";
import { spaceSummary } from "./space.ts";

/** An image that the engine has, or one that is read from elsewhere. */
export type InspectTarget =
  | { readonly engine: Engine; readonly id: string; readonly base?: string | undefined }
  | { readonly source: ImageSource };

/** Reads the image and lets the rules judge it; `asked` is what the project's code loads by name. */
export async function inspect(
  target: InspectTarget,
  named: string,
  context: StepContext,
  asked?: readonly AskedFor[],
): Promise<{ facts: ImageFacts; detail: string; findings: number }> {
  const [{ inspectImage, inspectSource }, { collectInventory }, { collectContents, contentsSummary }] =
    await Promise.all([
      import("../image/inspect.ts"),
      import("../image/inventory/inventory.ts"),
      import("./contents.ts"),
    ]);
  const { collector, profile, signal } = context;
  const software = collectInventory();
  const others = collectContents();
  const options: InspectOptions = {
    directories: safeDirectories(profile),
    user: jobUser(profile),
    platform: platformOf(profile),
    verify: context.verify ?? true,
    base: "engine" in target ? await baseOf(target.engine, target.base) : undefined,
    collectors: [software, ...others.collectors],
    signal,
  };
  const { facts: read, image } =
    "source" in target
      ? await inspectSource(target.source, named, options)
      : await inspectImage(target.engine, target.id, options);
  const inventory = image === undefined ? undefined : software.inventory(image);
  const contents =
    image === undefined || inventory === undefined ? undefined : others.contents(image, inventory, asked);
  const facts: ImageFacts = { ...read, reference: named, contents };
  collector.useImage(facts);
  if (facts.treeProblem !== undefined)
    collector.note(`The files in the image were not looked at: ${facts.treeProblem}.`);
  if (image?.digests.verified === false)
    collector.note(`The image was not compared with its digests: ${image.digests.reason}.`);
  if (image !== undefined && image.otherPlatforms.length > 0)
    collector.note(
      `There are images for other platforms too, which were not looked at: ${image.otherPlatforms.join(", ")}.`,
    );
  if (facts.space !== undefined) collector.space = spaceSummary(facts.space);
  if (contents !== undefined) collector.contents = contentsSummary(contents);
  if (image !== undefined && inventory !== undefined) {
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

/** The layers of the image that another one was built from; undefined where the engine does not have it any more. */
async function baseOf(engine: Engine, reference: string | undefined): Promise<BaseImage | undefined> {
  if (reference === undefined) return undefined;
  if (reference === "scratch") return { reference, diffIds: [] };
  try {
    const { diffIds } = await engine.inspectImage(reference);
    return { reference, diffIds };
  } catch (error) {
    if (!(error instanceof PratiqueError) || error.code === "interrupted") throw error;
    return undefined;
  }
}

/** Only an engine runs an image. */
export const notInEngine = (target: string): PratiqueError =>
  new PratiqueError("usage.bad-argument", `${target} is not in an engine, so it cannot be run.`, {
    hint: "Load it first (podman load -i image.tar, docker load -i image.tar) and name the image that it says.",
  });

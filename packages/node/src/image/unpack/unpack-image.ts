import { mkdirSync } from "node:fs";
import { ImageFault } from "../image.ts";
import type { ImageDocument } from "../image-config.ts";
import type { ImageSource } from "../image-source.ts";
import type { ImageLimits } from "../limits.ts";
import { Budget } from "./budget.ts";
import { setFileCapabilities } from "./file-capabilities.ts";
import { applyLayer, type LayerLosses } from "./layer.ts";
import { openLayer } from "./layer-stream.ts";
import { RootTree, statOf } from "./root-tree.ts";

export interface UnpackOptions {
  readonly limits: ImageLimits;
  readonly hasOwners: boolean;
  readonly signal: AbortSignal;
}

/** What of an image's files is not here as the image has it. */
export interface UnpackLosses {
  /** Devices and FIFOs. */
  readonly specialFiles: number;
  /** Files that have capabilities in the image and none here. */
  readonly capabilities: number;
}

/** Lays the layers of an image one over the other into a folder that is not there yet. Rejects with an `ImageFault`; the folder is the caller's to remove then. */
export async function unpackImage(
  folder: string,
  { layers }: ImageSource,
  { diffIds }: ImageDocument,
  options: UnpackOptions,
): Promise<UnpackLosses> {
  if (layers.length !== diffIds.length)
    throw new ImageFault("ErrImagePull", `the image has ${layers.length} layers, its configuration ${diffIds.length}`);
  mkdirSync(folder, { mode: 0o755 });
  const tree = new RootTree(folder);
  const budget = new Budget(options.limits);
  const losses = { specialFiles: 0, capabilities: 0 };
  for (const [i, layer] of layers.entries()) {
    options.signal.throwIfAborted();
    const found = await unpackLayer(tree, await layer.fetch(), diffIds[i] as string, budget, options);
    losses.specialFiles += found.specialFiles;
    // Before the next layer, which may have other files at these places.
    losses.capabilities += await restoreCapabilities(found);
  }
  return losses;
}

async function unpackLayer(
  tree: RootTree,
  file: string,
  diffId: string,
  budget: Budget,
  { limits, hasOwners, signal }: UnpackOptions,
): Promise<LayerLosses> {
  const { tar, digest } = await openLayer(file, limits);
  try {
    const losses = await applyLayer(tree, tar, { budget, hasOwners, signal });
    const found = digest();
    if (found !== diffId) throw new ImageFault("ErrImagePull", `the layer ${diffId} holds ${found}`);
    return losses;
  } catch (error) {
    const { cause } = error as Error;
    for (const fault of [error, cause]) if (fault instanceof ImageFault || signal.aborted) throw fault;
    throw new ImageFault("ErrImagePull", `the layer ${diffId} cannot be unpacked: ${whyOf(error)}`);
  }
}

/** One line, without a path of this machine. */
function whyOf(error: unknown): string {
  const { code, syscall, message, cause } = error as NodeJS.ErrnoException;
  if (syscall !== undefined) return `${code} at ${syscall}`;
  // What fails inside of a web stream is wrapped in an error without words.
  return message === "" && cause !== undefined ? whyOf(cause) : (message.split("\n")[0] as string);
}

/** Answers how many files stay without. */
async function restoreCapabilities({ capabilities }: LayerLosses): Promise<number> {
  let lost = 0;
  for (const { place, attribute } of capabilities) {
    if (!statOf(place)?.isFile()) continue;
    if (!(await setFileCapabilities(place, attribute))) lost++;
  }
  return lost;
}

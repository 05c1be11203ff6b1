import { tool } from "../tool.ts";
import type { ContainerRuntime } from "./container-runtime.ts";
import { createRunc } from "./runc.ts";

/** The runtimes that work here, by handler; why there is none. */
export async function findRuntimes(
  folder: string,
): Promise<{ readonly runtimes: ReadonlyMap<string, ContainerRuntime>; readonly reason: string }> {
  const text = await tool("runc", ["--version"]).catch((error: Error) => error);
  if (text instanceof Error) return { runtimes: new Map(), reason: text.message };
  const [, version = ""] = /version (\S+)/.exec(text) ?? [];
  return { runtimes: new Map([["runc", createRunc({ folder, version })]]), reason: "" };
}

import { allControllers } from "./all.ts";
import type { ControllerKind } from "./controller.ts";

/**
 * The controllers that kube-controller-manager's `--controllers` would turn on: `*` all that are not optional, `name` or `-name` that one or all but that one;
 * later names do not override earlier ones. Text that names none is answered as an error.
 */
export function selectControllers(names: readonly string[]): readonly ControllerKind[] | string {
  for (const name of names) {
    const bare = name.replace(/^-/, "");
    if (name !== "*" && !allControllers.some((each) => isNamed(each, bare)))
      return `"${bare}" is not in the list of known controllers`;
  }
  return allControllers.filter((each) => {
    const own = names.find((name) => isNamed(each, name.replace(/^-/, "")));
    return own === undefined ? names.includes("*") && each.isOptional !== true : !own.startsWith("-");
  });
}

function isNamed({ name, alias }: ControllerKind, text: string): boolean {
  return name === text || alias === text;
}

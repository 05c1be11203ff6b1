import { buildGrid, capabilitiesGrid, execGrid, inspectGrid, signGrid } from "./bundles.ts";
import { benchGrid, evalGrid, runGrid } from "./evaluation.ts";
import { linesOfGrid } from "./grid.ts";
import { checkGrid, depsGrid, fmtGrid, parseGrid, testGrid } from "./sources.ts";

const grids = [
  evalGrid,
  testGrid,
  checkGrid,
  fmtGrid,
  parseGrid,
  depsGrid,
  inspectGrid,
  buildGrid,
  execGrid,
  signGrid,
  capabilitiesGrid,
  runGrid,
  benchGrid,
];

/** Lines made of every command with every flag, format and input. */
export function madeLines(): readonly string[] {
  return grids.flatMap(linesOfGrid);
}

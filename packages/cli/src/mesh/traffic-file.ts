import { readFileSync } from "node:fs";
import { readTraffic, type Traffic, TrafficError } from "@sallyport/mesh";
import { reasonOf } from "../errors.ts";
import { InputError } from "../manifests.ts";
import { readStandardInput } from "../standard-input.ts";

/** Access logs of sidecars, of files and `-`, one after another. Throws `InputError` at the first line that is none. */
export function trafficOfFiles(files: readonly string[]): Traffic {
  const all = files.map(trafficOf);
  return {
    observed: all.flatMap(({ observed }) => observed),
    passedOver: all.reduce((sum, { passedOver }) => sum + passedOver, 0),
  };
}

function trafficOf(file: string): Traffic {
  try {
    return readTraffic(file === "-" ? readStandardInput() : readFileSync(file, "utf8"));
  } catch (error) {
    if (error instanceof TrafficError) throw new InputError(`${file}:${error.line}: ${error.message}`);
    throw new InputError(`${file}: ${reasonOf(error)}`);
  }
}

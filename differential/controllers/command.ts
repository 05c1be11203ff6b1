import { startSallyport } from "../apiserver/peers.ts";
import { isKnown } from "./known.ts";
import { controllers, startManaged } from "./manager.ts";
import { compareControllers, type Difference } from "./run.ts";
import { readScenarios } from "./scenario.ts";

/** More of one text says no more. */
const maxText = 600;

/** `[SCENARIO]`: scenarios with that in their name. Answers the exit code: 0 nothing differs, 1 something does, 2 no peer or no such scenario. */
export async function differentialOfControllers([part = ""]: readonly string[]): Promise<number> {
  const scenarios = readScenarios().filter(({ name }) => name.includes(part));
  if (scenarios.length === 0) {
    console.error(`differential: no scenario has ${JSON.stringify(part)} in its name`);
    return 2;
  }
  const theirs = await startManaged();
  if ("missing" in theirs) {
    console.error(`differential: ${theirs.missing}`);
    return 2;
  }
  const faults: unknown[] = [];
  const ours = await startSallyport((error) => faults.push(error), {
    controllers: [...controllers, "-kube-scheduler", "-host-path-provisioner"],
  });
  const counts = { acts: scenarios.reduce((sum, { acts }) => sum + acts.length, 0), known: 0, differ: 0 };
  try {
    await compareControllers(theirs, ours, scenarios, (_, differences) => {
      for (const each of differences) {
        if (isKnown(each)) counts.known++;
        else {
          counts.differ++;
          console.log(reportOf(each));
        }
      }
    });
  } finally {
    await Promise.all([theirs.close(), ours.close()]);
  }
  for (const fault of faults) console.log(`fault of our own: ${(fault as Error).stack ?? fault}`);
  console.log(
    `${scenarios.length} scenarios, ${counts.acts} acts; ${counts.differ} places differ, ${counts.known} more with a known reason`,
  );
  return counts.differ + faults.length === 0 ? 0 : 1;
}

function reportOf({ scenario, act, did, object, path, theirs, ours }: Difference): string {
  return [
    `DIFFERENT ${scenario}, act ${act}: ${cut(did)}`,
    `  ${object} ${path}`,
    `    kube-controller-manager: ${cut(JSON.stringify(theirs))}`,
    `    sallyport:               ${cut(JSON.stringify(ours))}`,
  ].join("\n");
}

function cut(text: string | undefined): string {
  return text === undefined || text.length <= maxText ? `${text}` : `${text.slice(0, maxText)}…`;
}

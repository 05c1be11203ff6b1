import { findKubeApiserver } from "../apiserver/peers.ts";
import { openCluster, openUp } from "./doors.ts";
import { libraryCases } from "./library-cases.ts";
import { ownCases } from "./own-cases.ts";
import { compareDoors } from "./run.ts";

/** `[PATTERN]`: of the cases' names. Answers the exit code: 0 nothing differs, 1 something does, 2 no peer or bad arguments. */
export async function differentialOfCluster([pattern = ""]: readonly string[]): Promise<number> {
  const files = findKubeApiserver();
  if ("missing" in files) {
    console.error(`differential: ${files.missing}`);
    return 2;
  }
  const faults: unknown[] = [];
  const onFault = (error: unknown) => void faults.push(error);
  const [cluster, up] = await Promise.all([openCluster(files, onFault), openUp(onFault)]);
  try {
    const cases = [...libraryCases(), ...ownCases()].filter(({ name }) => name.includes(pattern));
    let told = 0;
    const tell = (different: readonly string[]) => {
      for (const each of different.slice(told)) console.log(each);
      told = different.length;
    };
    const { different, broken, unanswered, ...counts } = await compareDoors(cluster, up, cases, (done, so) => {
      tell(so);
      console.error(`${done} of ${cases.length} cases; ${so.length} differ`);
    });
    tell(different);
    for (const name of unanswered) console.log(`kube-apiserver did not answer in time: ${name}`);
    for (const each of broken) console.log(`not asked: ${each}`);
    for (const fault of faults) console.log(`fault of our own: ${(fault as Error).stack}`);
    const { refused, byWebhook, checked, expected, asExpected } = counts;
    console.log(
      `${counts.cases} objects to kube-apiserver with the webhook and to up, ${refused} of them refused (${byWebhook} by the webhook); ` +
        `${checked} also checked offline; ${asExpected} of ${expected} as their suites say; ${different.length} verdicts differ`,
    );
    return different.length + faults.length === 0 ? 0 : 1;
  } finally {
    await Promise.all([cluster.close(), up.close()]);
  }
}

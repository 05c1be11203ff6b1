import { Environment, type Library } from "../../check/environment.ts";
import { standardLibraries } from "../all.ts";
import { listFunctions } from "../list-functions.ts";
import { optionals } from "../optionals.ts";
import { sets } from "../sets.ts";
import { stringsOf } from "../strings.ts";
import { goTimes, times } from "../times.ts";
import { twoVariables } from "../two-variables.ts";
import { authorizer } from "./authorizer.ts";
import { cidr } from "./cidr.ts";
import { format } from "./format.ts";
import { ip } from "./ip.ts";
import { lists } from "./lists.ts";
import { quantity } from "./quantity.ts";
import { regex } from "./regex.ts";
import { semver } from "./semver.ts";
import { formatText } from "./string-format.ts";
import { url } from "./url.ts";

/** The libraries of kube-apiserver with the minor version of 1.x that brought each. */
const introduced: readonly (readonly [minor: number, library: Library])[] = [
  [0, url],
  [0, regex],
  [0, lists],
  [0, stringsOf({ format: formatText, isOpenEnded: true })],
  [27, authorizer],
  [28, optionals],
  [28, quantity],
  [29, sets],
  [30, ip],
  [30, cidr],
  [31, format],
  [32, twoVariables],
  [33, semver],
  [34, listFunctions],
];

/** The newest minor version of Kubernetes whose libraries are here. */
export const NEWEST_MINOR = 36;

/** The environment of kube-apiserver 1.`minor`, to which its users add their variables. */
export function kubernetesEnvironment(minor: number = NEWEST_MINOR): Environment {
  const libraries = introduced.filter(([since]) => since <= minor).map(([, library]) => library);
  return new Environment({
    libraries: [...standardLibraries.map((each) => (each === times ? goTimes : each)), ...libraries],
    homogeneousLiterals: true,
    lenientMaps: true,
    literalChecks: true,
  });
}

import { type Check, verdict } from "../check.ts";

/** hostNamespaces: `hostNetwork`, `hostPID` and `hostIPC` must be undefined or false. */
export const hostNamespaces: Check = {
  id: "hostNamespaces",
  level: "baseline",
  versions: [
    {
      minor: 0,
      check: (_metadata, spec) => {
        const set = (["hostNetwork", "hostPID", "hostIPC"] as const).filter((name) => spec[name] === true);
        return verdict(
          "host namespaces",
          set.map((name) => `${name}=true`).join(", "),
          set.map((name) => `spec.${name}`),
        );
      },
    },
  ],
};

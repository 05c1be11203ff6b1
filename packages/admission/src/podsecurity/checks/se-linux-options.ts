import { type Check, type CheckPod, verdict } from "../check.ts";
import { containersOf, named, quoteAll } from "../pod.ts";

function checkWith(types: ReadonlySet<string>): CheckPod {
  return (_metadata, spec) => {
    const badTypes = new Set<string>();
    const flags = { user: false, role: false };
    const fields: string[] = [];
    const look = (
      path: string,
      options: { readonly type?: string; readonly user?: string; readonly role?: string } | undefined,
    ): boolean => {
      const before = fields.length;
      if (options === undefined) return false;
      if (!types.has(options.type ?? "")) {
        badTypes.add(options.type as string);
        fields.push(`${path}.seLinuxOptions.type`);
      }
      for (const name of ["user", "role"] as const) {
        if ((options[name] ?? "") === "") continue;
        flags[name] = true;
        fields.push(`${path}.seLinuxOptions.${name}`);
      }
      return fields.length > before;
    };
    const pod = look("spec.securityContext", spec.securityContext?.seLinuxOptions);
    const bad = containersOf(spec).filter(({ container, path }) =>
      look(`${path}.securityContext`, container.securityContext?.seLinuxOptions),
    );
    const setters = [
      ...(pod ? ["pod"] : []),
      ...(bad.length === 0
        ? []
        : [
            named(
              "container",
              bad.map(({ container }) => container.name),
            ),
          ]),
    ];
    const what = [
      ...(badTypes.size === 0 ? [] : [`type${badTypes.size === 1 ? "" : "s"} ${quoteAll([...badTypes].sort())}`]),
      ...(flags.user ? ["user may not be set"] : []),
      ...(flags.role ? ["role may not be set"] : []),
    ];

    return verdict(
      "seLinuxOptions",
      `${setters.join(" and ")} set forbidden securityContext.seLinuxOptions: ${what.join("; ")}`,
      fields,
    );
  };
}

const types = ["", "container_t", "container_init_t", "container_kvm_t"];

/** seLinuxOptions: type one of the containers' own, user and role not set; 1.31 adds container_engine_t. */
export const seLinuxOptions: Check = {
  id: "seLinuxOptions",
  level: "baseline",
  versions: [
    { minor: 0, check: checkWith(new Set(types)) },
    { minor: 31, check: checkWith(new Set([...types, "container_engine_t"])) },
  ],
};

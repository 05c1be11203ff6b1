type Fields = { readonly [field: string]: unknown };

/** A metric of autoscaling/v2 as autoscaling/v1 has it within annotations, aimed at (`target`) or measured (`current`). */
export function metricToV1(metric: Fields, prefix: "target" | "current"): Fields {
  const written: { [kind: string]: unknown } = { type: metric["type"] ?? "" };
  for (const [kind, { toV1 }] of Object.entries(sources)) {
    const source = metric[kind] as Fields | undefined;
    if (source === undefined) continue;
    written[kind] = defined(toV1(source, (source[prefix] ?? {}) as Fields, prefix));
  }
  return written;
}

/** The same the other way. */
export function metricToV2(metric: Fields, prefix: "target" | "current"): Fields {
  const read: { [kind: string]: unknown } = { type: metric["type"] ?? "" };
  for (const [kind, { toV2 }] of Object.entries(sources)) {
    const source = metric[kind] as Fields | undefined;
    if (source === undefined) continue;
    const { value, averageValue, averageUtilization, ...named } = toV2(source, prefix);
    const amounts = { value, averageValue, averageUtilization };
    const type = prefix === "target" ? { type: targetType(kind, amounts) } : {};
    read[kind] = { ...defined(named), [prefix]: defined({ ...type, ...amounts }) };
  }
  return read;
}

function targetType(kind: string, { value, averageValue, averageUtilization }: Fields): string {
  if (averageUtilization !== undefined) return "Utilization";
  if (kind === "pods" || kind === "resource" || kind === "containerResource") return "AverageValue";
  return kind === "object"
    ? averageValue === undefined
      ? "Value"
      : "AverageValue"
    : value === undefined
      ? "AverageValue"
      : "Value";
}

interface Source {
  readonly toV1: (source: Fields, amounts: Fields, prefix: "target" | "current") => Fields;
  /** Names of what is measured, and beside them `value`, `averageValue` and `averageUtilization`. */
  readonly toV2: (source: Fields, prefix: "target" | "current") => Fields;
}

/** Where v1 has no way to say nothing, it says this. */
const zero = "0";

/** By the order in which Go's struct has them. */
const sources: { readonly [kind: string]: Source } = {
  object: {
    toV1: ({ describedObject = {}, metric = {} }, { value, averageValue }, prefix) => ({
      target: reference(describedObject as Fields),
      metricName: (metric as Fields)["name"] ?? "",
      [`${prefix}Value`]: value ?? zero,
      selector: (metric as Fields)["selector"],
      averageValue,
    }),
    toV2: ({ target = {}, metricName = "", selector, averageValue, ...rest }, prefix) => {
      const value = rest[`${prefix}Value`] ?? zero;
      const isSaid = prefix === "current" || averageValue === undefined || value !== zero;
      return {
        describedObject: target,
        metric: defined({ name: metricName, selector }),
        value: isSaid ? value : undefined,
        averageValue,
      };
    },
  },
  pods: {
    toV1: ({ metric = {} }, { averageValue }, prefix) => ({
      metricName: (metric as Fields)["name"] ?? "",
      [`${prefix}AverageValue`]: averageValue ?? zero,
      selector: (metric as Fields)["selector"],
    }),
    toV2: ({ metricName = "", selector, ...rest }, prefix) => ({
      metric: defined({ name: metricName, selector }),
      averageValue: rest[`${prefix}AverageValue`] ?? zero,
    }),
  },
  resource: { toV1: resourceToV1, toV2: resourceToV2 },
  containerResource: {
    toV1: (source, amounts, prefix) => ({
      ...resourceToV1(source, amounts, prefix),
      container: source["container"] ?? "",
    }),
    toV2: (source, prefix) => ({ ...resourceToV2(source, prefix), container: source["container"] ?? "" }),
  },
  external: {
    toV1: ({ metric = {} }, { value, averageValue }, prefix) => ({
      metricName: (metric as Fields)["name"] ?? "",
      metricSelector: (metric as Fields)["selector"],
      [`${prefix}Value`]: value ?? (prefix === "current" ? zero : undefined),
      [`${prefix}AverageValue`]: averageValue,
    }),
    toV2: ({ metricName = "", metricSelector, ...rest }, prefix) => ({
      metric: defined({ name: metricName, selector: metricSelector }),
      value: rest[`${prefix}Value`] ?? (prefix === "current" ? zero : undefined),
      averageValue: rest[`${prefix}AverageValue`],
    }),
  },
};

function resourceToV1({ name = "" }: Fields, { averageUtilization, averageValue }: Fields, prefix: string): Fields {
  return {
    name,
    [`${prefix}AverageUtilization`]: averageUtilization,
    [`${prefix}AverageValue`]: averageValue ?? (prefix === "current" ? zero : undefined),
  };
}

function resourceToV2({ name = "", ...rest }: Fields, prefix: string): Fields {
  return {
    name,
    averageUtilization: rest[`${prefix}AverageUtilization`],
    averageValue: rest[`${prefix}AverageValue`] ?? (prefix === "current" ? zero : undefined),
  };
}

/** As Go writes it. */
function reference({ kind = "", name = "", apiVersion }: Fields): Fields {
  return defined({ kind, name, apiVersion });
}

function defined(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

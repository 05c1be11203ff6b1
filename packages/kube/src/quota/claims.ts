import type { Quantity } from "../go/quantity.ts";
import type { KubeObject } from "../object.ts";
import { amountsOf, countOf, type ResourceList } from "./amounts.ts";
import { type Evaluator, meets } from "./evaluator.ts";

const names = ["persistentvolumeclaims", "requests.storage"];
const classInfix = ".storageclass.storage.k8s.io/";

interface Claim {
  readonly spec?: {
    readonly storageClassName?: string;
    readonly volumeAttributesClassName?: string;
    readonly resources?: { readonly requests?: ResourceList };
  };
  readonly status?: {
    readonly allocatedResources?: ResourceList;
    readonly currentVolumeAttributesClassName?: string;
    readonly modifyVolumeStatus?: { readonly targetVolumeAttributesClassName?: string };
  };
}

/** Claims: their number and size, altogether and by storage class. While a volume grows, the larger size counts. */
export const claims: Evaluator = {
  matches: (name) =>
    name === "count/persistentvolumeclaims" || names.some((each) => name === each || name.endsWith(classInfix + each)),
  usage: (object) => {
    const one = countOf(1);
    const size = sizeOf(object as Claim);
    const className = storageClassOf(object);
    const sized = (prefix: string): [string, Quantity][] => [
      [`${prefix}persistentvolumeclaims`, one],
      ...(size === undefined ? [] : ([[`${prefix}requests.storage`, size]] as [string, Quantity][])),
    ];
    return new Map([
      ["count/persistentvolumeclaims", one],
      ...sized(""),
      ...(className === "" ? [] : sized(className + classInfix)),
    ]);
  },
  inScope: (object, requirement) =>
    requirement.scopeName === "VolumeAttributesClass" && meets(requirement, attributeClasses(object as Claim)),
  handles: ({ operation, subresource, object, oldObject }) => {
    if (subresource === "") return ["CREATE", "UPDATE"].includes(operation);
    return subresource === "status" && oldObject !== null && statusText(object) !== statusText(oldObject);
  },
};

function sizeOf({ spec, status }: Claim): Quantity | undefined {
  const requested = amountsOf(spec?.resources?.requests).get("storage");
  const allocated = amountsOf(status?.allocatedResources).get("storage");
  if (requested === undefined) return undefined;
  return allocated !== undefined && allocated.nanos > requested.nanos ? whole(allocated) : whole(requested);
}

/** Bytes have no fractions. */
function whole({ nanos, format }: Quantity): Quantity {
  const unit = 1_000_000_000n;
  return { nanos: ((nanos + unit - 1n) / unit) * unit, format };
}

/** The class that a claim names; the old annotation goes first, as everywhere upstream. */
export function storageClassOf(object: KubeObject): string {
  const annotation = object.metadata.annotations?.["volume.beta.kubernetes.io/storage-class"];
  return annotation ?? (object as Claim).spec?.storageClassName ?? "";
}

function attributeClasses({ spec, status }: Claim): readonly string[] {
  const { currentVolumeAttributesClassName: current, modifyVolumeStatus } = status ?? {};
  const named = [spec?.volumeAttributesClassName, current, modifyVolumeStatus?.targetVolumeAttributesClassName];
  return [...new Set(named.filter((name): name is string => Boolean(name)))];
}

function statusText(object: KubeObject): string {
  const { allocatedResources } = (object as Claim).status ?? {};
  return JSON.stringify([allocatedResources?.["storage"], attributeClasses(object as Claim)]);
}

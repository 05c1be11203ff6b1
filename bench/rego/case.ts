import type { JsonObject, ModuleSource, RegoVersion } from "@sallyport/rego";

/** One policy with the inputs that it is asked about: one workload. */
export interface RegoCase {
  readonly name: string;
  readonly regoVersion: RegoVersion;
  readonly modules: readonly ModuleSource[];
  /** `data.a.b` */
  readonly query: string;
  /** JSON texts. */
  readonly inputs: readonly string[];
  readonly data: JsonObject;
  /** Our own engine gets the data as a store's snapshot, as a server has it. */
  readonly isStored?: true;
  /** Peers that would take minutes are not asked. */
  readonly isOursAlone?: true;
}

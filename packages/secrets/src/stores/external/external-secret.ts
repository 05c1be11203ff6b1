/** Which store is asked; of the namespace, or of the cluster. */
export interface StoreRef {
  readonly name: string;
  readonly kind?: "SecretStore" | "ClusterSecretStore";
}

export type DecodingStrategy = "None" | "Base64" | "Base64URL" | "Auto";
export type ConversionStrategy = "Default" | "Unicode";

/** A secret of a store, or a property of it. */
export interface RemoteRef {
  readonly key: string;
  readonly property?: string;
  readonly version?: string;
  readonly decodingStrategy?: DecodingStrategy;
  readonly conversionStrategy?: ConversionStrategy;
  readonly metadataPolicy?: "None" | "Fetch";
}

/** Secrets below a path whose names match. */
export interface Find {
  readonly path?: string;
  readonly name?: { readonly regexp?: string };
  readonly tags?: { readonly [tag: string]: string };
  readonly decodingStrategy?: DecodingStrategy;
  readonly conversionStrategy?: ConversionStrategy;
}

/** How keys are rewritten: one of these. */
export interface Rewrite {
  readonly regexp?: { readonly source: string; readonly target: string };
  readonly transform?: { readonly template: string };
  readonly merge?: {
    readonly strategy?: "Extract" | "JSON";
    readonly into?: string;
    readonly conflictPolicy?: "Error" | "Ignore";
    readonly priority?: readonly string[];
    readonly priorityPolicy?: "Strict" | "IgnoreNotFound";
  };
}

export interface DataFrom {
  readonly extract?: RemoteRef;
  readonly find?: Find;
  readonly rewrite?: readonly Rewrite[];
  readonly sourceRef?: { readonly storeRef?: StoreRef; readonly generatorRef?: object };
}

/** Templates in keys of a ConfigMap or a Secret. */
export interface TemplateRef {
  readonly name: string;
  readonly items: readonly { readonly key: string; readonly templateAs?: "Values" | "KeysAndValues" }[];
}

/** One of the three. */
export interface TemplateFrom {
  readonly target?: string;
  readonly literal?: string;
  readonly configMap?: TemplateRef;
  readonly secret?: TemplateRef;
}

export interface SecretTemplate {
  readonly type?: string;
  readonly data?: { readonly [key: string]: string };
  readonly mergePolicy?: "Replace" | "Merge";
  readonly metadata?: {
    readonly labels?: { readonly [name: string]: string };
    readonly annotations?: { readonly [name: string]: string };
    readonly finalizers?: readonly string[];
  };
  readonly templateFrom?: readonly TemplateFrom[];
}

export type CreationPolicy = "Owner" | "Orphan" | "Merge" | "None";
export type DeletionPolicy = "Retain" | "Delete" | "Merge";

/** external-secrets.io/v1 ExternalSecret, of which the schema of its definition holds. https://external-secrets.io/latest/api/externalsecret/ */
export interface ExternalSecret {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid?: string;
    readonly generation?: number;
    readonly labels?: { readonly [name: string]: string };
    readonly annotations?: { readonly [name: string]: string };
  };
  readonly spec: {
    readonly secretStoreRef?: StoreRef;
    readonly refreshPolicy?: "Periodic" | "OnChange" | "CreatedOnce";
    readonly refreshInterval?: string;
    readonly data?: readonly {
      readonly secretKey: string;
      readonly remoteRef: RemoteRef;
      readonly sourceRef?: { readonly storeRef?: StoreRef };
    }[];
    readonly dataFrom?: readonly DataFrom[];
    readonly target?: {
      readonly name?: string;
      readonly creationPolicy?: CreationPolicy;
      readonly deletionPolicy?: DeletionPolicy;
      readonly immutable?: boolean;
      readonly template?: SecretTemplate;
      readonly manifest?: object;
    };
  };
}

/** What an ExternalSecret asks for and cannot have: one line, by its field, with nothing of any value. */
export class ExternalSecretError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ExternalSecretError";
  }
}

/** Values by the keys of a Secret. They must never be shown. */
export type SecretData = ReadonlyMap<string, Uint8Array>;

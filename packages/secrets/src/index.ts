export { aescbc } from "./encryption/aescbc.ts";
export { aesgcm } from "./encryption/aesgcm.ts";
export { identity, isEncrypted } from "./encryption/identity.ts";
export { prefixed } from "./encryption/prefixed.ts";
export { secretbox } from "./encryption/secretbox.ts";
export { type Opened, type PrefixTransformer, TransformError, type Transformer } from "./encryption/transformer.ts";

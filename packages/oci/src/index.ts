export { parseReference, type Reference } from "./reference.ts";
export {
  type Credential,
  type Descriptor,
  type FetchedManifest,
  type Manifest,
  type RegistryAnswer,
  RegistryError,
  type RegistryRequest,
  Repository,
  type Send,
} from "./repository.ts";

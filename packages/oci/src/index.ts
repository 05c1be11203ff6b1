export { parseReference, type Reference } from "./reference.ts";
export {
  type Descriptor,
  type Manifest,
  type RegistryAnswer,
  type RegistryRequest,
  Repository,
  type Send,
} from "./repository.ts";

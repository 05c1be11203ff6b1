export { alternativeNames, type ParsedRequest, parseRequest } from "./certificate-request.ts";
export {
  createCa,
  createLeaf,
  importKey,
  type KeyPair,
  lifeLeft,
  type Names,
  serialNumber,
  signingAlgorithm,
} from "./issue.ts";

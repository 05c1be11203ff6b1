import type { Value } from "../value/value.ts";
import { BuiltinError } from "./builtin.ts";
import { contextTag, type DerElement, DerReader, derTag, rightAligned } from "./der.ts";
import { encodeBase64 } from "./encoding.ts";
import { readAlgorithm, signatureAlgorithm } from "./x509-algorithms.ts";
import { alternativeNamesJson, noNames, parseAlternativeNames } from "./x509-alternative-names.ts";
import { readKey } from "./x509-certificate.ts";
import { extensionJson } from "./x509-certificate-json.ts";
import { alternativeNameOid, type Extension } from "./x509-extensions.ts";
import { listJson, nameJson, oidJson, parseName, parseString } from "./x509-names.ts";
import { publicKeyJson } from "./x509-public-key.ts";
import { readStructure, structureFault, unmarshalStructure } from "./x509-unmarshal.ts";

/** A request of RFC 2986 section 4, as `encoding/json` writes Go's x509.CertificateRequest. */
export function certificateRequestJson(der: Uint8Array): Value {
  const { reader, element } = unmarshalStructure(der, "certificateRequest");
  const fault = structureFault("certificateRequest");
  const body = readStructure(reader, "tbsCertificateRequest");
  const info = body.reader;
  const version = info.int64(fault);
  const subject = info.element(derTag.sequence, fault).element;
  const { rawKey, publicKeyAlgorithm, publicKey } = readKey(info);
  const attributes = elementsOf(info.content(contextTag(0, true), fault), fault);
  const algorithm = signatureAlgorithm(readAlgorithm(reader.inside(derTag.sequence, fault)));
  const signature = rightAligned(reader.bitString(fault));
  const extensions = requestedExtensions(attributes);
  const names = extensions
    .filter(({ id }) => id === alternativeNameOid)
    .map(({ value }) => parseAlternativeNames(value));
  return {
    Raw: encodeBase64(element),
    RawTBSCertificateRequest: encodeBase64(body.element),
    RawSubjectPublicKeyInfo: encodeBase64(rawKey),
    RawSubject: encodeBase64(subject),
    Version: version,
    Signature: encodeBase64(signature),
    SignatureAlgorithm: algorithm.number,
    PublicKeyAlgorithm: publicKeyAlgorithm,
    PublicKey: publicKey === undefined ? null : publicKeyJson(publicKey),
    Subject: nameJson(parseName(subject, anyJson)),
    Attributes: listJson(attributes.flatMap(attributeJson)),
    Extensions: listJson(extensions.map(extensionJson)),
    ExtraExtensions: null,
    ...alternativeNamesJson(names.at(-1) ?? noNames),
  };
}

function elementsOf(content: Uint8Array, fault: string): readonly DerElement[] {
  const reader = new DerReader(content);
  const elements: DerElement[] = [];
  while (!reader.isEmpty) elements.push(reader.any(fault));
  return elements;
}

const extensionRequestOid = "1.2.840.113549.1.9.14";

function requestedExtensions(attributes: readonly DerElement[]): readonly Extension[] {
  const extensions = attributes.flatMap((attribute) => {
    const value = extensionRequest(attribute);
    return value === undefined ? [] : readExtensionList(value);
  });
  if (new Set(extensions.map(({ id }) => id)).size < extensions.length)
    throw new BuiltinError("x509: certificate request contains duplicate requested extensions");
  return extensions;
}

/** The first value of an attribute that asks for extensions; other attributes and malformed ones are passed over. */
function extensionRequest({ tag, content }: DerElement): DerElement | undefined {
  return attempt(() => {
    if (tag !== derTag.sequence) return undefined;
    const reader = new DerReader(content);
    const id = reader.objectIdentifier("no attribute");
    const [first] = elementsOf(reader.content(derTag.set, "no values"), "no value");
    return id === extensionRequestOid ? first : undefined;
  });
}

function readExtensionList({ element }: DerElement): readonly Extension[] {
  const fault = structureFault("Extension");
  const reader = new DerReader(element).inside(derTag.sequence, fault);
  const extensions: Extension[] = [];
  while (!reader.isEmpty) {
    const extension = reader.inside(derTag.sequence, fault);
    const id = extension.objectIdentifier(fault);
    const critical = extension.isNext(derTag.boolean) && extension.boolean(fault);
    extensions.push({ id, critical, value: extension.content(derTag.octetString, fault) });
  }
  return extensions;
}

/** An attribute whose values are lists of types with values; Go leaves others out. */
function attributeJson({ tag, content }: DerElement): readonly Value[] {
  const fault = "no such attribute";
  const json = attempt((): Value | undefined => {
    if (tag !== derTag.sequence) return undefined;
    const reader = new DerReader(content);
    const type = reader.objectIdentifier(fault);
    const lists = elementsOf(reader.content(derTag.set, fault), fault).map((list) => {
      if (list.tag !== derTag.sequence) throw new BuiltinError(fault);
      return elementsOf(list.content, fault).map((pair) => typeAndValueJson(pair, fault));
    });
    return { Type: oidJson(type), Value: lists };
  });
  return json === undefined ? [] : [json];
}

function typeAndValueJson({ tag, content }: DerElement, fault: string): Value {
  if (tag !== derTag.sequence) throw new BuiltinError(fault);
  const reader = new DerReader(content);
  return { Type: oidJson(reader.objectIdentifier(fault)), Value: anyJson(reader.any(fault), fault) };
}

/** A value of a type that only its tag tells; null for those that Go does not decode. */
function anyJson(element: DerElement, fault: string): Value {
  const reader = new DerReader(element.element);
  switch (element.tag) {
    case derTag.boolean:
      return reader.boolean(fault);
    case derTag.integer:
      return reader.int64(fault);
    case derTag.bitString: {
      const { bytes, unusedBits } = reader.bitString(fault);
      return { Bytes: encodeBase64(bytes), BitLength: bytes.length * 8 - unusedBits };
    }
    case derTag.octetString:
      return encodeBase64(element.content);
    case derTag.objectIdentifier:
      return oidJson(reader.objectIdentifier(fault));
    case derTag.utcTime:
    case derTag.generalizedTime:
      return reader.time().text;

    default:
      return textTags.has(element.tag) ? parseString(element, fault) : null;
  }
}

const textTags: ReadonlySet<number> = new Set([
  derTag.utf8String,
  derTag.numericString,
  derTag.printableString,
  derTag.t61String,
  derTag.ia5String,
  derTag.bmpString,
]);

function attempt<T>(read: () => T | undefined): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof BuiltinError) return undefined;
    throw error;
  }
}

import type { KubeObject } from "@sallyport/kube";

type Fields = { readonly [field: string]: unknown };

/**
 * A CustomResourceDefinition in v1, whatever it is stored in: kube-apiserver stores v1beta1 to this day. What v1 has for each version,
 * v1beta1 may have once for all.
 */
export function currentDefinition(object: KubeObject): KubeObject {
  if (object.apiVersion !== "apiextensions.k8s.io/v1beta1" || object.kind !== "CustomResourceDefinition") return object;
  const {
    version,
    versions,
    validation,
    subresources,
    additionalPrinterColumns,
    selectableFields,
    conversion,
    ...rest
  } = (object["spec"] ?? {}) as Fields;
  const shared = defined({
    schema: validation,
    subresources,
    additionalPrinterColumns: columnsOf(additionalPrinterColumns),
    selectableFields,
  });
  const listed = (versions ?? [{ name: version, served: true, storage: true }]) as readonly Fields[];
  const spec = defined({
    ...rest,
    versions: listed.map((each) => {
      const columns = columnsOf(each["additionalPrinterColumns"]);
      return { ...shared, ...each, ...(columns === undefined ? {} : { additionalPrinterColumns: columns }) };
    }),
    conversion: conversionOf(conversion as Fields | undefined),
  });
  if (spec["preserveUnknownFields"] === false)
    delete (spec as { preserveUnknownFields?: unknown }).preserveUnknownFields;
  return { ...object, apiVersion: "apiextensions.k8s.io/v1", spec };
}

/** `JSONPath` is `jsonPath` in v1. */
function columnsOf(columns: unknown): readonly Fields[] | undefined {
  return (columns as readonly Fields[] | undefined)?.map(({ JSONPath, ...rest }) =>
    JSONPath === undefined ? rest : { ...rest, jsonPath: JSONPath },
  );
}

function conversionOf(conversion: Fields | undefined): Fields | undefined {
  if (conversion === undefined) return undefined;
  const { webhookClientConfig, conversionReviewVersions, ...rest } = conversion;
  if (webhookClientConfig === undefined) return rest;
  return { ...rest, webhook: defined({ clientConfig: webhookClientConfig, conversionReviewVersions }) };
}

function defined(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

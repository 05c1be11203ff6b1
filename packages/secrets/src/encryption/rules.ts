import { ConfigurationError, type EncryptionConfiguration, type ProviderConfiguration } from "./configuration.ts";
import { identity } from "./identity.ts";
import { prefixed } from "./prefixed.ts";
import type { PrefixTransformer, Transformer } from "./transformer.ts";

/** A resource as rules name it; `*` stands for any. */
export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

/** `deployments.apps`, `secrets`, `*.`: up to the first dot is the resource. */
export function parseResource(text: string): GroupResource {
  const dot = text.indexOf(".");
  return dot < 0 ? { group: "", resource: text } : { group: text.slice(dot + 1), resource: text.slice(0, dot) };
}

/** The transformer of each resource: that of its own rule, else of its group's, else of all; identity where nobody configured any. */
export class EncryptionRules {
  readonly #rules: ReadonlyMap<string, Transformer>;

  constructor(rules: ReadonlyMap<string, Transformer>) {
    this.#rules = rules;
  }

  transformerFor(group: string, resource: string): Transformer {
    const at = (name: string, of: string) => this.#rules.get(textOf({ group: of, resource: name }));
    return at(resource, group) ?? at("*", group) ?? at("*", "*") ?? identity;
  }

  /** Whether some rule is about the resource. */
  covers(group: string, resource: string): boolean {
    return this.transformerFor(group, resource) !== identity;
  }
}

/**
 * The rules of a configuration that was checked. Rules of one resource add up in their order. Throws `ConfigurationError` for one
 * behind a wildcard that takes all it stands for. `providersOf` makes the transformers of an element of a list; a provider with a state,
 * as a KMS, is made once for each.
 */
export function rulesOf(
  { resources }: EncryptionConfiguration,
  providersOf: (provider: ProviderConfiguration) => PrefixTransformer,
): EncryptionRules {
  const lists = new Map<string, PrefixTransformer[]>();
  for (const { resources: names, providers } of resources) {
    const transformers = providers.map(providersOf);
    for (const name of names) {
      const parsed = parseResource(name);
      for (const wildcard of [
        { group: parsed.group, resource: "*" },
        { group: "*", resource: "*" },
      ])
        if (lists.has(textOf(wildcard)))
          throw new ConfigurationError(
            `resource ${JSON.stringify(textOf(parsed))} is masked by earlier rule ${JSON.stringify(textOf(wildcard))}`,
          );
      lists.set(textOf(parsed), [...(lists.get(textOf(parsed)) ?? []), ...transformers]);
    }
  }
  const rules = [...lists].map(([name, list]) => {
    const [first, ...others] = list as [PrefixTransformer, ...PrefixTransformer[]];
    return [name, prefixed([first, ...others], "no matching prefix found")] as const;
  });
  return new EncryptionRules(new Map(rules));
}

/** As configurations write it. */
function textOf({ group, resource }: GroupResource): string {
  return group === "" && resource !== "*" ? resource : `${resource}.${group}`;
}

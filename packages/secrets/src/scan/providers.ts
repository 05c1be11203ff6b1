import { hasBase62Checksum, hasBech32Checksum, hasHexChecksum } from "./checksums.ts";
import type { Confidence } from "./finding.ts";

/** A format that a provider gives its credentials. */
export interface ProviderFormat {
  readonly id: string;
  readonly what: string;
  /** What each has in it: looked for first, since that is cheap. */
  readonly hint: string;
  /** Linear: all counts are bounded or of one class alone. The first group is the secret, or all of it. */
  readonly pattern: RegExp;
  readonly confidence: Confidence;
  /** Whether its checksum is right: those that are not are made up, as in documentation. */
  readonly isWhole?: (token: string) => boolean;
}

type Row = readonly [id: string, what: string, hint: string, body: string, isWhole?: (token: string) => boolean];

/** Formats that nothing else has, by what they begin with: between characters of no word. */
const prefixed: readonly Row[] = [
  ["github-token", "a GitHub token", "gh", "gh[pousr]_[A-Za-z0-9]{36}", hasBase62Checksum],
  [
    "github-fine-grained-token",
    "a GitHub fine-grained token",
    "github_pat_",
    "github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
  ],
  ["gitlab-token", "a GitLab token", "gl", "gl(?:pat|dt|rt|ptt|ft|soat|cbt|agent|imt)-[A-Za-z0-9_.=-]{20,320}"],
  ["slack-token", "a Slack token", "xox", "xox[abeoprs](?:.xox[bp])?-[A-Za-z0-9-]{20,400}(?![#*])"],
  ["slack-app-token", "a Slack app token", "xapp-", "xapp-[0-9]-[A-Z0-9]{8,16}-[0-9]{8,16}-[a-f0-9]{40,80}"],
  ["stripe-key", "a Stripe key", "_live_", "[rs]k_live_[A-Za-z0-9]{20,250}"],
  ["stripe-webhook-secret", "a Stripe webhook secret", "whsec_", "whsec_[A-Za-z0-9+/=]{32,88}"],
  ["google-api-key", "a Google API key", "AIza", "AIza[A-Za-z0-9_-]{35}"],
  ["google-oauth-secret", "a Google OAuth client secret", "GOCSPX-", "GOCSPX-[A-Za-z0-9_-]{28}"],
  ["google-oauth-token", "a Google OAuth token", "ya29.", "ya29\\.[A-Za-z0-9_-]{30,1000}"],
  ["npm-token", "an npm token", "npm_", "npm_[A-Za-z0-9]{36}", hasBase62Checksum],
  ["pypi-token", "a PyPI token", "pypi-", "pypi-AgE[A-Za-z0-9_-]{50,1000}"],
  ["rubygems-key", "a RubyGems key", "rubygems_", "rubygems_[a-f0-9]{48}"],
  ["docker-hub-token", "a Docker Hub token", "dckr_", "dckr_(?:pat|oat)_[A-Za-z0-9_-]{27,32}"],
  [
    "openai-key",
    "an OpenAI key",
    "T3BlbkFJ",
    "sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,80}T3BlbkFJ[A-Za-z0-9_-]{20,80}",
  ],
  ["anthropic-key", "an Anthropic key", "sk-ant-", "sk-ant-(?:api|admin)[0-9]{2}-[A-Za-z0-9_-]{93}AA"],
  ["hugging-face-token", "a Hugging Face token", "hf_", "hf_[A-Za-z]{34}"],
  ["groq-key", "a Groq key", "gsk_", "gsk_[A-Za-z0-9]{52}"],
  ["replicate-token", "a Replicate token", "r8_", "r8_[A-Za-z0-9]{37}"],
  ["sendgrid-key", "a SendGrid key", "SG.", "SG\\.[A-Za-z0-9_-]{22}\\.[A-Za-z0-9_-]{43}"],
  ["mailgun-key", "a Mailgun key", "key-", "key-[a-f0-9]{32}"],
  ["mailchimp-key", "a Mailchimp key", "-us", "[a-f0-9]{32}-us[0-9]{1,2}"],
  ["twilio-key", "a Twilio key", "SK", "SK[a-f0-9]{32}"],
  ["telegram-token", "a token of a Telegram bot", ":AA", "[0-9]{8,10}:AA[A-Za-z0-9_-]{33}"],
  [
    "discord-token",
    "a token of a Discord bot",
    ".",
    "[MNO][A-Za-z0-9_-]{23,27}\\.[A-Za-z0-9_-]{6}\\.[A-Za-z0-9_-]{27,38}",
    beginsWithNumber,
  ],
  ["digitalocean-token", "a DigitalOcean token", "_v1_", "do[opr]_v1_[a-f0-9]{64}"],
  ["heroku-key", "a Heroku key", "HRKU-", "HRKU-AA[A-Za-z0-9_-]{58}"],
  ["vault-token", "a Vault token", "hv", "hv[sbr]\\.[A-Za-z0-9_-]{24,300}"],
  ["terraform-token", "a Terraform Cloud token", ".atlasv1.", "[A-Za-z0-9]{14}\\.atlasv1\\.[A-Za-z0-9_=-]{60,70}"],
  ["databricks-token", "a Databricks token", "dapi", "dapi[a-f0-9]{32}(?:-[0-9])?"],
  [
    "doppler-token",
    "a Doppler token",
    "dp.",
    "dp\\.(?:pt|st|ct|sa|scim|audit)\\.(?:[a-z0-9_-]{2,35}\\.)?[A-Za-z0-9]{40,44}",
  ],
  ["linear-key", "a Linear key", "lin_api_", "lin_api_[A-Za-z0-9]{40}"],
  ["notion-token", "a Notion token", "ntn_", "ntn_[A-Za-z0-9]{40,50}"],
  ["shopify-token", "a Shopify token", "shp", "shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"],
  ["grafana-token", "a Grafana service account token", "glsa_", "glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}", hasHexChecksum],
  ["grafana-cloud-token", "a Grafana Cloud token", "glc_", "glc_eyJ[A-Za-z0-9+/=]{30,400}"],
  ["new-relic-key", "a New Relic key", "NRAK-", "NRAK-[A-Z0-9]{27}"],
  ["sentry-token", "a Sentry token", "sntrys_", "sntrys_eyJ[A-Za-z0-9+/=_-]{40,500}"],
  ["dynatrace-token", "a Dynatrace token", "dt0", "dt0[a-z][0-9]{2}\\.[A-Z0-9]{24}\\.[A-Z0-9]{64}"],
  ["atlassian-token", "an Atlassian token", "ATATT3", "ATATT3[A-Za-z0-9_=-]{180,200}"],
  ["postman-key", "a Postman key", "PMAK-", "PMAK-[a-f0-9]{24}-[a-f0-9]{34}"],
  ["pulumi-token", "a Pulumi token", "pul-", "pul-[a-f0-9]{40}"],
  ["planetscale-password", "a PlanetScale password", "pscale_", "pscale_(?:pw|tkn|oauth)_[A-Za-z0-9_=.-]{32,64}"],
  [
    "tailscale-key",
    "a Tailscale key",
    "tskey-",
    "tskey-(?:api|auth|client|scim|webhook)-[A-Za-z0-9]{8,20}-[A-Za-z0-9]{16,40}",
  ],
  ["1password-token", "a 1Password service account token", "ops_eyJ", "ops_eyJ[A-Za-z0-9+/=_-]{200,1500}"],
  [
    "1password-secret-key",
    "a 1Password secret key",
    "A3-",
    "A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}",
  ],
  [
    "fly-token",
    "a Fly.io token",
    "f",
    "(?:fo1_[A-Za-z0-9_-]{43}|fm1[ar]_[A-Za-z0-9+/]{100,1000}={0,3}|fm2_[A-Za-z0-9+/]{100,1000}={0,3})",
  ],
  [
    "django-key",
    "a key that Django made for a new project",
    "django-insecure-",
    "django-insecure-[a-z0-9!@#$%^&*(_=+)-]{50}",
  ],
  ["brevo-key", "a Brevo key", "xkeysib-", "xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}"],
  [
    "plaid-token",
    "a Plaid token",
    "access-",
    "access-(?:sandbox|development|production)-[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}",
  ],
  ["openshift-token", "an OpenShift token", "sha256~", "sha256~[A-Za-z0-9_-]{43}"],
  ["perplexity-key", "a Perplexity key", "pplx-", "pplx-[A-Za-z0-9]{48}"],
  ["clojars-token", "a Clojars token", "CLOJARS_", "CLOJARS_[a-z0-9]{60}"],
  ["prefect-token", "a Prefect token", "pnu_", "pnu_[a-z0-9]{36}"],
  ["shippo-token", "a Shippo token", "shippo_", "shippo_(?:live|test)_[a-f0-9]{40}"],
  ["sonar-token", "a SonarQube token", "sq", "sq[aup]_[a-f0-9]{40}"],
  ["easypost-key", "an EasyPost key", "EZ", "EZ[AT]K[A-Za-z0-9]{54}"],
  ["cloudflare-origin-ca-key", "a Cloudflare Origin CA key", "v1.0-", "v1\\.0-[a-f0-9]{24}-[a-f0-9]{146}"],
  ["alibaba-key-id", "an Alibaba Cloud access key id", "LTAI", "LTAI[A-Za-z0-9]{17,21}"],
  ["aws-access-key-id", "an AWS access key id", "A", "(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}"],
  ["azure-ad-secret", "an Azure client secret", "Q~", "[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}"],
  ["azure-devops-token", "an Azure DevOps token", "AZDO", "[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}"],
  ["azure-storage-key", "an Azure storage key", "+ASt", "[A-Za-z0-9+/]{76}\\+ASt[A-Za-z0-9+/]{5}[AQgw]=="],
  [
    "age-key",
    "an age key",
    "AGE-SECRET-KEY-",
    "AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}",
    hasBech32Checksum,
  ],
];

/** Where what stands around is what tells. The first group is the secret. */
const surrounded: readonly Row[] = [
  [
    "slack-webhook",
    "a Slack webhook",
    "hooks.slack.com",
    "hooks\\.slack\\.com/(?:services|workflows|triggers)/([A-Za-z0-9+/]{40,60})",
  ],
  [
    "discord-webhook",
    "a Discord webhook",
    "/webhooks/",
    "discord(?:app)?\\.com/api/webhooks/[0-9]{17,20}/([A-Za-z0-9_-]{60,80})",
  ],
  [
    "teams-webhook",
    "a Teams webhook",
    ".webhook.office.com",
    "\\.webhook\\.office\\.com/webhookb2/([A-Za-z0-9@-]{70,80}/IncomingWebhook/[a-z0-9]{32}/[a-f0-9-]{36})",
  ],
  ["azure-storage-key", "an Azure storage key", "AccountKey=", "AccountKey=([A-Za-z0-9+/]{86}==)"],
  ["azure-shared-access-key", "an Azure shared access key", "SharedAccessKey=", "SharedAccessKey=([A-Za-z0-9+/]{43}=)"],
  ["azure-sas", "an Azure shared access signature", "sig=", "[?&]sig=([A-Za-z0-9%+/]{43,60}(?:=|%3[dD]))"],
];

/** The first part of Discord's is the bot's number, in base64. */
function beginsWithNumber(token: string): boolean {
  return /^[0-9]{16,20}$/.test(Buffer.from(token.slice(0, token.indexOf(".")), "base64").toString("latin1"));
}

/** Each in the order of the table; GitHub's and npm's with the right checksum alone. */
export const providerFormats: readonly ProviderFormat[] = [
  ...prefixed.map((row) => formatOf(row, (body) => `(?<![A-Za-z0-9_])(${body})(?![A-Za-z0-9])`)),
  ...surrounded.map((row) => formatOf(row, (body) => body)),
];

function formatOf([id, what, hint, body, isWhole]: Row, within: (body: string) => string): ProviderFormat {
  return {
    id,
    what,
    hint,
    pattern: new RegExp(within(body), "g"),
    confidence: "high",
    ...(isWhole === undefined ? {} : { isWhole }),
  };
}

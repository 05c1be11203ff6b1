# Does with Azure's own clients what stdin asks for, a list in JSON, and prints what came of each.
import base64, json, sys, time
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.keyvault.keys import KeyClient
from azure.keyvault.keys.crypto import CryptographyClient, EncryptionAlgorithm, KeyWrapAlgorithm
from azure.keyvault.secrets import SecretClient

asked = json.load(sys.stdin)
scopes = []


class Credential:
    def get_token(self, *scope, **options):
        scopes.append([*scope, options.get("tenant_id")])
        return AccessToken(asked["token"], int(time.time()) + 3600)


options = dict(
    api_version="7.4", verify_challenge_resource=False, connection_verify=asked["authority"], retry_total=0
)
secrets = SecretClient(asked["url"], Credential(), **options)
keys = KeyClient(asked["url"], Credential(), **options)


def crypto(step):
    return CryptographyClient(step["key"], Credential(), **options)


def plain(step):
    return base64.b64decode(step["value"])


def text(made):
    return base64.b64encode(made).decode()


def one(step):
    name = step.get("name")
    match step["do"]:
        case "set":
            return secrets.set_secret(name, step["value"]).properties.version
        case "get":
            found = secrets.get_secret(name, step.get("version"))
            return [found.value, found.properties.version]
        case "list":
            return [each.name for each in secrets.list_properties_of_secrets()]
        case "versions":
            return [each.version for each in secrets.list_properties_of_secret_versions(name)]
        case "disable":
            return secrets.update_secret_properties(name, step["version"], enabled=False).enabled
        case "delete":
            return secrets.begin_delete_secret(name, _polling_interval=0.05).result().recovery_id
        case "recover":
            return secrets.begin_recover_deleted_secret(name, _polling_interval=0.05).result().name
        case "purge":
            return secrets.purge_deleted_secret(name)
        case "key":
            return keys.get_key(name, step.get("version")).id
        case "keyVersions":
            return [each.version for each in keys.list_properties_of_key_versions(name)]
        case "wrap":
            made = crypto(step).wrap_key(KeyWrapAlgorithm.rsa_oaep_256, plain(step))
            return [text(made.encrypted_key), made.key_id]
        case "unwrap":
            return text(crypto(step).unwrap_key(KeyWrapAlgorithm.rsa_oaep_256, plain(step)).key)
        case "encrypt":
            return text(crypto(step).encrypt(EncryptionAlgorithm.rsa_oaep_256, plain(step)).ciphertext)
        case "decrypt":
            return text(crypto(step).decrypt(EncryptionAlgorithm.rsa_oaep_256, plain(step)).plaintext)


def told(step):
    try:
        return one(step)
    except HttpResponseError as fault:
        error = fault.error
        return {"status": fault.status_code, "code": error and error.code, "message": error and error.message}


print(json.dumps({"results": [told(step) for step in asked["steps"]], "scopes": scopes}))

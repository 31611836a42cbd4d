// Whether two host names are in one hand, as far as a short built-in list can tell.

package enum RegistrableDomain {
    /// Whether `host` and `other` are equal or below one registrable domain, such as
    /// `auth.docker.io` and `registry-1.docker.io`. IP addresses, single labels and names below a
    /// domain that hosts strangers side by side match only themselves. Errs on the side of no.
    package static func shares(_ host: String, _ other: String) -> Bool {
        if host == other { return true }
        guard let domain = registrable(host) else { return false }
        return domain == registrable(other)
    }

    /// The registrable domain of a lower-case host name; nil where only the whole name counts.
    package static func registrable(_ host: String) -> String? {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, labels.allSatisfy({ !$0.isEmpty }), let last = labels.last,
            last.utf8.contains(where: isLetter), !host.contains(":")
        else { return nil }
        if shared.contains(where: { host == $0 || host.hasSuffix(".\($0)") }) { return nil }
        let suffixLength = isSecondLevelSuffix(labels) ? 2 : 1
        guard labels.count > suffixLength else { return nil }
        return labels.suffix(suffixLength + 1).joined(separator: ".")
    }

    /// `co.uk`, `com.au`, …: below a country's top level, a second level that is not for sale.
    private static func isSecondLevelSuffix(_ labels: [Substring]) -> Bool {
        guard let top = labels.last, top.utf8.count == 2 else { return false }
        return secondLevels.contains(labels[labels.count - 2])
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }

    private static let secondLevels: Set<Substring> = [
        "ac", "asn", "co", "com", "edu", "gen", "go", "gob", "gouv", "gov", "govt", "gv", "id",
        "in", "info", "ltd", "me", "mil", "ne", "net", "nhs", "nom", "or", "org", "plc", "police",
        "sch", "school", "web",
    ]

    /// Domains whose subdomains belong to different customers (the "private" part of
    /// publicsuffix.org, as far as registries and object stores are found there).
    private static let shared: [String] = [
        "amazonaws.com", "amazonaws.com.cn", "aliyuncs.com", "app.cloud", "appspot.com",
        "awsapprunner.com", "azure-api.net", "azurecr.cn", "azurecr.io", "azurecr.us",
        "azureedge.net", "azurewebsites.net", "backblazeb2.com", "bitbucket.io", "cloudapp.net",
        "cloudflarestorage.com", "cloudfront.net", "cloudfunctions.net", "code.run",
        "compute-1.amazonaws.com", "deno.dev", "digitaloceanspaces.com", "duckdns.org",
        "dyndns.org",
        "firebaseapp.com", "fly.dev", "github.io", "githubpreview.dev", "githubusercontent.com",
        "gitlab.io", "googleapis.com", "googleusercontent.com", "herokuapp.com", "hf.space",
        "jfrog.io", "linodeobjects.com", "localhost.run", "myqcloud.com", "netlify.app",
        "ngrok-free.app", "ngrok.app", "ngrok.dev", "ngrok.io", "nip.io", "ocir.io",
        "ondigitalocean.app", "onrender.com", "oraclecloud.com", "pages.dev", "pkg.dev", "r2.dev",
        "railway.app", "run.app", "scw.cloud", "sslip.io", "supabase.co", "trycloudflare.com",
        "ts.net", "vercel.app", "wasabisys.com", "web.app", "windows.net", "workers.dev",
    ]
}

/// The admin token that a command sends, and where it comes from.

import Upstream

struct AdminCredential: Sendable, Equatable {
    static let variable = "LARDER_ADMIN_TOKEN"

    /// Nil where there is none.
    let token: Secret?
    /// Where the token was found, or what was tried.
    let origin: String

    /// The first of: the file given, the variable, the configuration's token, the one that the
    /// server made in its data directory. Blocks on files.
    ///
    /// - Parameter configuration: nil where the server is not the configuration's own.
    /// - Throws: where the file given cannot be read.
    static func find(
        file: String?, environment: [String: String], configuration: Configuration?,
        system: ConfigurationSystem
    ) throws(CommandFailure) -> AdminCredential {
        if let file {
            do throws(FileProblem) {
                return try read(file, system)
            } catch {
                throw .unreachable("the token file \(file): \(error)")
            }
        }
        if let token = environment[variable], !token.isEmpty {
            return AdminCredential(token: Secret(token), origin: variable)
        }
        guard let configuration else {
            return AdminCredential(
                token: nil, origin: "neither --token-file nor \(variable) is given")
        }
        return find(configuration, system)
    }

    private static func find(
        _ configuration: Configuration, _ system: ConfigurationSystem
    ) -> AdminCredential {
        let admin = configuration.admin
        guard admin.token.reveal().isEmpty else {
            return AdminCredential(
                token: admin.token, origin: admin.tokenFile ?? "admin.token of the configuration")
        }
        let file = "\(configuration.dataDirectory)/\(AdminToken.fileName)"
        do throws(FileProblem) {
            return try read(file, system)
        } catch {
            return AdminCredential(token: nil, origin: "\(file): \(error)")
        }
    }

    private static func read(
        _ file: String, _ system: ConfigurationSystem
    ) throws(FileProblem) -> AdminCredential {
        let text = String(decoding: try system.readFile(file, maximumBytes), as: UTF8.self)
        let token = text.split(whereSeparator: \.isWhitespace).first.map { Secret(String($0)) }
        return AdminCredential(
            token: token, origin: token == nil ? "\(file): it holds no token" : file)
    }

    private static let maximumBytes = 4096
}

/// Takes up changes of `auth.htpasswd` within seconds.

import NIOPosix
import ServiceLifecycle

struct UsersUpkeep: Service {
    private static let interval = Duration.seconds(2)

    let services: PullServices

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await refresh(from: services.configuration.auth.htpasswd)
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    func refresh(from path: String?) async {
        _ = try? await NIOThreadPool.singleton.runIfActive { [users = services.signIn.users] in
            users.refresh(from: path)
        }
    }
}

// The forms in which clients name an image.

import Testing

extension EndToEnd {
    @Suite struct Addressing {
        /// Request paths of one and the same tag, with a `Host` where it matters.
        private static let forms: [(path: String, headers: [String])] = [
            ("/v2/library/base/manifests/1?ns=docker.io", []),
            ("/v2/library/base/manifests/1", []),
            ("/v2/base/manifests/1", []),
            ("/v2/docker.io/library/base/manifests/1", []),
            ("/v2/docker.io/base/manifests/1", []),
            ("/v2/docker.io/library/base/manifests/1?ns=docker.io", []),
            ("/docker.io/v2/library/base/manifests/1", []),
            ("/docker.io/v2/library/base/manifests/1?ns=docker.io", []),
            ("/v2/library/base/manifests/1", ["Host: docker.example.com"]),
        ]

        @Test("Every form of a name leads to the same manifest")
        func allForms() async throws {
            try await Lab.with { lab in
                try await lab.serving {
                    for form in Self.forms {
                        let answer = try await Curl.get(lab.larder.url + form.path, form.headers)
                        #expect(answer.status == 200, "\(form)")
                        let digest = answer[header: "Docker-Content-Digest"]
                        #expect(digest == lab.images.base.index, "\(form)")
                    }
                }
            }
        }

        @Test(
            "An upstream that is not configured is NAME_UNKNOWN (R69)",
            arguments: [
                "/v2/library/base/manifests/1?ns=unknown.example",
                "/v2/unknown.example/library/base/manifests/1",
                "/unknown.example/v2/library/base/manifests/1",
            ])
        func unknownUpstream(path: String) async throws {
            try await Lab.with { lab in
                let answer = try await lab.serving { try await Curl.get(lab.larder.url + path) }
                #expect(answer.status == 404)
                #expect(answer.errorCode == "NAME_UNKNOWN")
            }
        }
    }
}

// Certificates for tests, valid until 2126: an authority, a server at localhost, a client.

package enum TestCertificates {
    /// In PEM.
    package struct Pair: Sendable {
        package let certificate: String
        package let key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    package static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBmDCCAT2gAwIBAgIUEbi1cjrntuBEz45niW/Ajnnixd4wCgYIKoZIzj0EAwIw
        IDEeMBwGA1UEAwwVTGFyZGVyIHRlc3QgYXV0aG9yaXR5MCAXDTI2MTEyNjAzMjgy
        M1oYDzIxMjYxMTAyMDMyODIzWjAgMR4wHAYDVQQDDBVMYXJkZXIgdGVzdCBhdXRo
        b3JpdHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQerdYeTlh5vB9u1V53QnfM
        rC2efgNb3VYxa8cFj2LwYkU9H3dsL2bFtuAZXSiDFA0PxE9/XSoL3P1rxKIcKWcs
        o1MwUTAdBgNVHQ4EFgQUxwexpWMPdkZypSLggtEr2lS1VNYwHwYDVR0jBBgwFoAU
        xwexpWMPdkZypSLggtEr2lS1VNYwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQD
        AgNJADBGAiEAuOLJ5nYpTMsYindU2l86fubXhr2pOY/M6kf9zPvKVPoCIQDj+Mtk
        lLe3Y87Yj3zJdZtmvsVEa07zt2YAcuOVWxdzaQ==
        -----END CERTIFICATE-----

        """

    /// Of `localhost` and 127.0.0.1.
    package static let server = Pair(
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIBqDCCAU6gAwIBAgIUWAPJukrhoGATTvwTxfj+BQDndvIwCgYIKoZIzj0EAwIw
            IDEeMBwGA1UEAwwVTGFyZGVyIHRlc3QgYXV0aG9yaXR5MCAXDTI2MTEyNjAzMjgy
            NFoYDzIxMjYxMTAyMDMyODI0WjARMQ8wDQYDVQQDDAZzZXJ2ZXIwWTATBgcqhkjO
            PQIBBggqhkjOPQMBBwNCAAQqhc8U4wEnxXc8Jw8x4Ze6TRWO/O+epkCj7maIU/TB
            WZabrAt2AJu7ZKthWQkAH4WGVR24xHT6zNwN/YlwkWNmo3MwcTAaBgNVHREEEzAR
            gglsb2NhbGhvc3SHBH8AAAEwEwYDVR0lBAwwCgYIKwYBBQUHAwEwHQYDVR0OBBYE
            FB4vgveELx9wW5fiP2kYuW4JuPhMMB8GA1UdIwQYMBaAFMcHsaVjD3ZGcqUi4ILR
            K9pUtVTWMAoGCCqGSM49BAMCA0gAMEUCIQC16PFkpNaxVKu9ezuKQRxSiKPnpq5x
            bf6KYqduJJX/GwIgLzR3Hu4rtfnHTV4pJprqEbMojiYTO5iRTcmiaKH14Xs=
            -----END CERTIFICATE-----

            """,
        key: """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgT/PDOHvVx7wTyMSv
            tyS0632moTVhcPltBUHSV2r31sWhRANCAAQqhc8U4wEnxXc8Jw8x4Ze6TRWO/O+e
            pkCj7maIU/TBWZabrAt2AJu7ZKthWQkAH4WGVR24xHT6zNwN/YlwkWNm
            -----END PRIVATE KEY-----

            """)

    package static let client = Pair(
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIBizCCATKgAwIBAgIUWAPJukrhoGATTvwTxfj+BQDndvMwCgYIKoZIzj0EAwIw
            IDEeMBwGA1UEAwwVTGFyZGVyIHRlc3QgYXV0aG9yaXR5MCAXDTI2MTEyNjAzMjgy
            NFoYDzIxMjYxMTAyMDMyODI0WjARMQ8wDQYDVQQDDAZjbGllbnQwWTATBgcqhkjO
            PQIBBggqhkjOPQMBBwNCAARS/HGlbKw4b+dWl3MzkmWgRSNLnsejpvuQuGJXZIQE
            qxvfyaWsaMxJNCkDTdp8lUrWksqyQrCERODzk6lgmpxoo1cwVTATBgNVHSUEDDAK
            BggrBgEFBQcDAjAdBgNVHQ4EFgQUFG9Q9O5Xbwzk5gzNQyU384UrSBcwHwYDVR0j
            BBgwFoAUxwexpWMPdkZypSLggtEr2lS1VNYwCgYIKoZIzj0EAwIDRwAwRAIgSkD1
            w8m9ARDNPoKrQfI8VStsmQI+jJe+fJqsl58HmckCIDKp5elAMP7mcRf188OLv22g
            3l7F2Ip9M5Ygccm10kTg
            -----END CERTIFICATE-----

            """,
        key: """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgulj8jqCq5tIoXDZq
            KF9676x4LajrVLRn53lTx+1PCfShRANCAARS/HGlbKw4b+dWl3MzkmWgRSNLnsej
            pvuQuGJXZIQEqxvfyaWsaMxJNCkDTdp8lUrWksqyQrCERODzk6lgmpxo
            -----END PRIVATE KEY-----

            """)
}

/** This package's version, told to brokers (KIP-511). A test holds it to package.json. */
export const packageVersion = '0.1.0'

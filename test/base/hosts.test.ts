import { expect, test } from 'vitest'
import { isLinkLocal, isLoopback } from '../../src/base/hosts.ts'

test.each([
  ...['localhost', 'LocalHost.', 'kafka.localhost', '127.0.0.1', '127.9.9.9', '127.1', '2130706433', '0x7f.1'],
  ...['0177.0.0.1', '::1', '[::1]', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:127.0.0.1'],
])('%s is this machine', host => {
  expect(isLoopback(host)).toBe(true)
  expect(isLinkLocal(host)).toBe(false)
})

test.each([
  ...['169.254.169.254', '169.254.0.1', '0xa9fea9fe', '2852039166', '169.16689662', '0251.0376.0251.0376'],
  ...['fe80::1', 'FE80::1%eth0', '[fe80::1]', 'febf::1', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '169.254.1.1.'],
])('%s is link-local', host => {
  expect(isLinkLocal(host)).toBe(true)
  expect(isLoopback(host)).toBe(false)
})

test.each([
  ...['kafka', 'localhost.example', 'notlocalhost', '128.0.0.1', '10.0.0.1', '169.253.1.1', '169.254', '1.2.3.4.5'],
  ...['2001:db8::1', '::', '::2', '1::1', 'fe8::1', 'fec0::1', 'fd00::1', '::ffff:10.0.0.1', '', '127.0.0.256', '0'],
  ...['169.254.example', '99999999999', '1.1.1.999', '2001::fe80:1'],
])('%s is neither', host => {
  expect(isLoopback(host)).toBe(false)
  expect(isLinkLocal(host)).toBe(false)
})

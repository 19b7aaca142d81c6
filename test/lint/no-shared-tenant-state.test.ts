import rule from '../../rules/lint/no-shared-tenant-state.ts'
import { ruleTester } from '../support/rule-tester.ts'

ruleTester().run('no-shared-tenant-state', rule as never, {
  valid: [
    {
      name: 'an argument',
      code: 'export const list = (request) => load(request.clinic.id)',
    },
    {
      name: 'AsyncLocalStorage',
      code: "import { AsyncLocalStorage } from 'node:async_hooks'\nconst store = new AsyncLocalStorage()\nexport const handle = (request, next) => store.run({ clinicId: request.clinic.id }, next)",
    },
    {
      name: 'a variable of the function',
      code: 'export function handle(request) { let clinicId; clinicId = request.clinic.id; return () => clinicId }',
    },
    {
      name: 'an entry under its own key',
      code: 'const seen = {}\nexport function handle(request) { seen[request.clinic.id] = request.body }\nexport const read = (id) => seen[id]',
    },
    {
      name: 'a connection made once',
      code: 'let pool\nexport function connect(url) { pool = new Pool(url); return pool }\nexport const query = (sql) => pool.query(sql)',
    },
    {
      name: 'the request itself',
      code: 'export function hook(request) { request.clinicId = request.headers.clinic }',
    },
    {
      name: 'a service of one request',
      code: "import { Injectable, Scope } from '@nestjs/common'\n@Injectable({ scope: Scope.REQUEST })\nexport class Current { clinicId; set(clinicId) { this.clinicId = clinicId } get() { return this.clinicId } }",
    },
    {
      name: 'an object made for each request',
      code: 'class Current { set(clinicId) { this.clinicId = clinicId } get() { return this.clinicId } }\nexport const make = () => new Current()',
    },
    {
      name: 'nobody reads it',
      code: 'let last\nexport function handle(request) { last = request.clinic.id; return last }',
    },
    {
      name: 'taken back to nothing',
      code: 'let clinicId = null\nexport function reset() { clinicId = null }\nexport const read = () => clinicId',
    },
  ],
  invalid: [
    {
      code: 'let current\nexport function handle(request) { current = request.clinic.id }\nexport const read = () => current',
      errors: [{ messageId: 'variable', data: { place: 'current', kept: 'the acting tenant' } }],
    },
    {
      name: 'a setter',
      code: 'let currentClinicId: string\nexport function setClinic(id: string) { currentClinicId = id }\nexport const clinic = () => currentClinicId',
      errors: [{ messageId: 'variable' }],
    },
    {
      name: 'an object of the module',
      code: 'const state = { clinicId: null }\nexport const enter = (clinicId) => { state.clinicId = clinicId }\nexport const read = () => state.clinicId',
      errors: [
        { messageId: 'variable', data: { place: 'state.clinicId', kept: 'the tenant of one request' } },
      ],
    },
    {
      name: 'what the request sent',
      code: "let filters\napp.get('/visits', (req, res) => { filters = req.query; res.json(list()) })\nfunction list() { return find(filters) }",
      errors: [{ messageId: 'variable' }],
    },
    {
      name: 'a global',
      code: 'export function enter(request) { globalThis.clinic = request.clinic.id }',
      errors: [{ messageId: 'global' }],
    },
    {
      name: 'a NestJS service',
      code: "import { Injectable } from '@nestjs/common'\n@Injectable()\nexport class Current { clinicId; set(clinicId) { this.clinicId = clinicId } get() { return this.clinicId } }",
      errors: [{ messageId: 'field' }],
    },
    {
      name: 'the only instance',
      code: 'class Current { set(clinicId) { this.clinicId = clinicId } get() { return this.clinicId } }\nexport const current = new Current()',
      errors: [{ messageId: 'field' }],
    },
    {
      name: 'a static field',
      code: 'export class Current { static clinicId; static get() { return Current.clinicId } static enter(request) { Current.clinicId = request.clinic.id } }',
      errors: [{ messageId: 'field' }],
    },
  ],
})

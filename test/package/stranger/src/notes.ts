import { Pool } from 'pg'

const pool = new Pool()

export async function getNote(id: string) {
  const { rows } = await pool.query('SELECT * FROM notes WHERE id = $1', [id])
  return rows[0]
}

export async function getOwnNote(tenantId: string, id: string) {
  const { rows } = await pool.query('SELECT * FROM notes WHERE id = $1 AND tenant_id = $2', [id, tenantId])
  return rows[0]
}
